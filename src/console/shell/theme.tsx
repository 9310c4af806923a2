import { useEffect, useState } from 'preact/hooks';

const KEY = 'atlas-theme';
const NEXT = { system: 'light', light: 'dark', dark: 'system' } as const;
type Theme = keyof typeof NEXT;

function kept(): Theme {
  const found = storage()?.getItem(KEY);
  return found === 'light' || found === 'dark' ? found : 'system';
}

/** Gives the storage of this browser, unless its owner lets pages store nothing. */
function storage(): Storage | undefined {
  try {
    return window.localStorage;
  } catch {
    return undefined;
  }
}

/** Changes between the colours of the system, light and dark. The choice is kept in this browser. */
export function ThemeButton() {
  const [theme, setTheme] = useState<Theme>(kept);
  useEffect(() => {
    document.documentElement.dataset['theme'] = theme;
    storage()?.setItem(KEY, theme);
  }, [theme]);
  return (
    <button type="button" onClick={() => setTheme(NEXT[theme])} aria-label={`Colours: ${theme}`}>
      {theme === 'dark' ? '☾' : theme === 'light' ? '☀' : '◐'}
    </button>
  );
}
