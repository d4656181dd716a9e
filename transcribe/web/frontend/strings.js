// Every word that the room says. For another language, write these once more and choose by <html lang>.
const ENGLISH = {
  report_text: "Text of the report",
  no_patient: "Patient not named",
  // what stands beside the title
  unsaved: "Not saved yet", saving: "Saving…", saved: "Saved {time}", offline: "No connection: kept here, sent when the line is back", clash: "Somebody else saved: choose below",
  locked: "Not saved: {why}", refused: "{why}", not_saved_yet: "Not everything is saved yet; try again when the line is back.",
  claimed_by: "{name} is working on this report; you can read it.", may_not: "That is not open to you for this report now.",
  restored: "Version {number} stands again; undo brings yours back.",
  counts: "{words} words · {lines} lines · {open} to look at",
  no_recording: "There is no recording any more; the text can be edited all the same.", cannot_play: "The recording cannot be played here.",
  doubts_on: "Doubtful words are underlined.", doubts_off: "Doubtful words are not shown.",
  taken_back: "What was said stands there again.", nothing_to_take_back: "No spoken command stands before the cursor.",
  // the recording
  follow: "Follow", loop: "Loop", speed: "Speed",
  // commands
  group_listening: "Listening", group_looking: "Looking through", group_correcting: "Correcting", group_panels: "Panels", group_finishing: "The report",
  do_play: "Play, or stop and step back", do_stop: "Stop", do_back: "Two seconds back", do_forward: "Two seconds forward", do_slower: "Slower", do_faster: "Faster",
  do_plain_speed: "Real speed", do_second_speed: "Second speed, and back", do_hear: "Hear the word at the cursor", do_play_from_here: "Play from the cursor",
  do_loop: "Repeat the selected words", do_attach: "Cursor and recording follow each other", do_go_to_sound: "Cursor to what sounds",
  do_next_mark: "Next place to look at", do_last_mark: "The one before", do_resolve_mark: "This place is right as it stands", do_next_doubt: "Next doubtful word",
  do_last_doubt: "The one before", do_show_doubts: "Show doubtful words, or not", do_next_misspelt: "Next misspelt word, with suggestions", do_suggest: "Suggestions for this word", do_find: "Find and replace", do_compare: "Compare two versions",
  do_take_back: "Undo the spoken command here", do_blank: "Put a blank", do_normal: "Insert a normal", do_sentence: "End the sentence here, or join it", do_upper: "CAPITALS", do_lower: "small letters",
  do_capitalise: "Capitalise", do_toggle_case: "Small, Capitalised, CAPITALS", do_heading: "Heading", do_list: "Numbered item", do_paragraph: "Paragraph", do_undo: "Undo", do_redo: "Do again",
  do_checks: "Checks", do_codes: "Codes", do_entities: "Findings in the text", do_outline: "Outline", do_notes: "Notes", do_history: "Versions", do_preview: "As it prints", do_tables: "Tables: drugs, problems, allergies, values", do_text: "Back to the text", do_menu: "Buttons on top",
  do_save: "Save now", do_release: "Release to the signer", do_sign: "Sign", do_hold: "Put on hold", do_qa: "To quality assurance", do_question: "Ask the author", do_skip: "Skip", do_send_back: "Send back", do_addenda: "Add an addendum", do_settings: "Settings", do_sheet: "All keys",
  act_release: "Release", act_sign: "Sign", act_hold: "Hold", act_qa: "To QA", act_question: "Ask author", act_skip: "Skip", act_send_back: "Send back", act_addenda: "Addendum",
  // find and replace
  find: "Find", replace_by: "Replace by", find_and_replace: "Find and replace", match_case: "Match case", whole_words: "Whole words", previous: "Previous", next: "Next", replace: "Replace", replace_all: "Replace all", close: "Close", found: "{count} found",
  // panels
  panels: "Beside the report", panel_checks: "Checks", panel_codes: "Codes", panel_entities: "Findings", panel_outline: "Outline", panel_notes: "Notes", panel_history: "Versions", panel_preview: "Print", panel_tables: "Tables",
  checks_keys: "Enter goes there and plays it, D ticks it off.", nothing_to_check: "Nothing left to look at.", done: "Done",
  severity_critical: "Critical", severity_warning: "Look", severity_notice: "Note",
  codes_keys: "A takes, R leaves, E replaces, Enter plays the evidence.", codes_suggested: "Suggested", codes_possible: "Possible", codes_added: "Added", codes_mentioned: "Mentioned only", procedures: "Procedures said to be done",
  being_read: "The text is being read again; this shows what was found before.", take_code: "Take {code}", accept: "Take", reject: "Leave", replace_it: "Replace…", replaced_by: "Replaced by {code}", more_exact: "More exact codes: {count}. E shows them.",
  add_code: "Add a code…", replace_code: "Instead of {code}", take_away: "Take away", found_codes: "Codes found", not_billable: "not billable", code_or_words: "Code or words", no_such_code: "No code is called so.", type_to_search: "Type a code or what it is called.",
  tables_keys: "Space plays a row, Enter goes there and plays it.", no_tables: "The text names no drugs, problems, allergies or values.",
  table_medications: "Medications", table_problems: "Problems", table_allergies: "Allergies", table_vitals: "Vital signs", table_laboratory: "Laboratory", no_known_allergies: "None known, as the report says.", no_allergies: "No allergy was found in the text; look there before you rely on it.",
  column_drug: "Drug", column_dose: "Dose", column_route: "Route", column_frequency: "How often", column_reason: "For", column_problem: "Problem", column_status: "State", column_side: "Side", column_severity: "How bad", column_substance: "Not tolerated", column_reaction: "What it did", column_test: "What", column_value: "Value",
  status_active: "active", status_suspected: "suspected", status_past: "past", flag_high: "high", flag_low: "low", flag_abnormal: "abnormal",
  entities_keys: "Enter goes there and plays it.", no_entities: "Nothing was found in the text.",
  label_PROBLEM: "Problems", label_DRUG: "Drugs", label_PROCEDURE: "Procedures", label_TEST: "Tests", label_ANATOMY: "Anatomy", label_DOSAGE: "Doses", label_ROUTE: "Routes", label_FREQUENCY: "Frequencies", label_VALUE: "Values",
  assertion_negated: "negated", assertion_uncertain: "uncertain", assertion_historical: "in the past", assertion_hypothetical: "hypothetical", assertion_family: "family",
  words: "{count} words", empty_section: "empty", no_headings: "The text has no headings.", no_text: "There is no text yet.",
  no_notes: "Nobody has noted anything.", your_answer: "Your answer", send: "Send", note_qa: "QA", note_question: "Question", note_answer: "Answer", note_hold: "Hold", note_send_back: "Sent back", note_correct: "To be corrected", note_return: "Sent back", note_note: "Note", note_despite: "Released despite checks", note_release: "Release",
  history_keys: "Enter compares with the text as it stands, R restores. Any two stand side by side under {key}.", version: "Version {number}", the_machine: "Transcribe", compare: "Compare", restore: "Restore", difference: "Difference", as_it_stands: "As it stands",
  compare_left: "On the left", compare_right: "On the right", compare_keys: "N and P lead from one difference to the next. Arrows in a list choose another version.", places_differ: "{at} of {count} differences", same_text: "The two texts are the same.", restore_version: "Restore version {number}",
  kind_draft: "draft", kind_edit: "edited", kind_restored: "restored", kind_released: "released", kind_signed: "signed", kind_addendum: "addendum", kind_corrected: "correction",
  making_preview: "Being set as it prints…", open_in_tab: "Open in a tab", no_pdf: "This server makes no PDF; the report in plain type:",
  header_patient: "Patient", header_record_number: "Record", header_date_of_birth: "Born", header_date_of_service: "Date of service", header_author: "Author",
  // dialogs
  cancel: "Cancel", keep: "Keep", note: "Note", despite: "Why release it all the same",
  release_codes: "These codes go with it: {codes}.", release_no_codes: "No code goes with it.",
  release_clean: "Everything was looked at. The report goes to the signer.", release_with_open: "Places still marked: {count}. The report goes to the signer with them.", release_with_grave: "Critical places still open: {grave}. Say why the report goes out all the same, or look at them first.",
  still_being_read: "The text is being read once more before it goes out…",
  sign_as: "You sign as {name}. A signed text never changes.", meaning: "The signature stands for", password: "Password", code: "Code of the second factor", email: "E-mail",
  about_hold: "The report stays where it is until somebody takes it up again.", about_qa: "Somebody from quality assurance looks at it next.", about_question: "The report goes back to its author with this question.", about_addenda: "The signed text stays as it is; the addendum is a document of its own that refers to it.", addendum: "Text of the addendum", about_skip: "The report goes back to the queue for somebody else.",
  nothing_found: "Nothing found.", instead_of: "Instead of {word}", keep_word: "“{word}” is right",
  clash_more: "Somebody saved this report while you were typing. Nothing is lost; say which text goes on.", my_text: "Mine", their_text: "Theirs", keep_mine: "Keep mine", take_theirs: "Take theirs", merge_both: "Put both together", both_changed: "Both of you changed this; the other has: {words}",
  session_over: "Sign in again", session_over_more: "Your session is over. The text stays here as it is.", sign_in: "Sign in", sign_in_elsewhere: "Sign in in another tab, then send this once more.",
  keymap_now: "Key map: {name}. Ctrl is ⌘ on a Mac.", sheet_more: "In panels: arrows walk, Escape leads back to the text. A question mark outside the text opens this sheet.",
  listening: "Listening", text: "Text", keys: "Keys", backstep: "Step back when stopping (seconds)", second_speed: "Second speed", set_stop_typing: "Stop when typing starts", set_doubts: "Underline doubtful words", threshold: "Doubtful below", threshold_more: "0.6 underlines what was heard with less than 60 % certainty.", set_spelling: "Check spelling",
  expander: "Short forms", expander_more: "One to a line, as in: htn = hypertension. Lines with commas or tabs are read, too.", keymap: "Key map", keymap_transcribe: "Transcribe", "keymap_express-scribe": "Express Scribe", keymap_otranscribe: "oTranscribe", keymap_infraware: "InfraWare",
  rebind_more: "Go to a field and press the keys you want.", key_for: "Key for: {what}", key_taken: "That key was for: {what}", as_it_was: "As it was",
  pedal: "Foot pedal", pedal_more: "Pedals that send keys work with the key map. Others are chosen here once.", choose_pedal: "Choose a pedal", pedal_mode: "Middle pedal", pedal_hold: "Plays while it is down", pedal_toggle: "Starts and stops",
};

// The words for `name`, with {places} filled from `values`.
export function t(name, values = {}) {
  const words = ENGLISH[name] ?? name;
  return words.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
}

export { ENGLISH };
