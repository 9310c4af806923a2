/** Says that a version's release comes after another's. Numbers are compared as digits: they may be longer than a number holds. */
export function isLaterRelease(version: string, other: string): boolean {
  const [left, right] = [coreOf(version), coreOf(other)];
  const at = left.findIndex((part, index) => part !== right[index]);
  const [a, b] = [left[at], right[at]];
  if (a === undefined || b === undefined) return false;
  return a.length === b.length ? a > b : a.length > b.length;
}

function coreOf(version: string): readonly string[] {
  return (version.split(/[-+]/, 1)[0] ?? '').split('.');
}

/** Says that a text is a version by Semantic Versioning 2.0: no number begins with a needless 0. */
export function isSemver(version: string): boolean {
  const [main = '', ...build] = version.split('+');
  const dash = main.indexOf('-');
  const core = dash === -1 ? main : main.slice(0, dash);
  const labels = dash === -1 ? [] : main.slice(dash + 1).split('.');
  const sound = (part: string) => !/^0\d+$/.test(part);
  return build.length < 2 && core.split('.').every(sound) && labels.every(sound);
}
