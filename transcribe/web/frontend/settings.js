// What a person likes, with what holds until they say so; kept by the server, so that every computer knows it.
export const DEFAULTS = {
  keys: "transcribe", own_keys: {}, backstep: 1, stop_typing: false, second_speed: 1.5, doubts: true, threshold: 0.6, spelling: true, expander: {}, own_words: [], pedal_mode: "hold",
};

// `me` and `forms`: as GET /api/v1/me and /api/v1/expander have them; what is unknown or of another kind is left out.
export function settingsOf(me, forms) {
  const known = Object.entries(me.settings).filter(([name, value]) => name in DEFAULTS && typeof value === typeof DEFAULTS[name]);
  return { ...structuredClone(DEFAULTS), ...Object.fromEntries(known), expander: forms };
}
