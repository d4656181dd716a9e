// What a person likes, with what holds until they say so; kept by the server, so that every computer knows it.
export const DEFAULTS = {
  keys: "transcribe", own_keys: {}, backstep: 1, second_speed: 1.5, doubts: true, threshold: 0.6, spelling: true, expander: {}, own_words: [], pedal_mode: "hold",
};

// `me`: as GET /api/v1/me has it; what is unknown or of another kind is left as it is by default.
export function settingsOf(me) {
  const said = me?.settings ?? {};
  const known = Object.entries(said).filter(([name, value]) => name in DEFAULTS && typeof value === typeof DEFAULTS[name]);
  return { ...structuredClone(DEFAULTS), ...Object.fromEntries(known) };
}
