import { useEffect, useState } from 'preact/hooks';

const KEY = 'atlas-theme';
const NEXT = { system: 'light', light: 'dark', dark: 'system' } as const;
type Theme = keyof typeof NEXT;

function kept(): Theme {
  const found = window.localStorage.getItem(KEY);
  return found === 'light' || found === 'dark' ? found : 'system';
}

/** Changes between the colours of the system, light and dark. The choice is kept in this browser. */
export function ThemeButton() {
  const [theme, setTheme] = useState<Theme>(kept);
  useEffect(() => {
    document.documentElement.dataset['theme'] = theme;
    window.localStorage.setItem(KEY, theme);
  }, [theme]);
  return (
    <button type="button" onClick={() => setTheme(NEXT[theme])} aria-label={`Colours: ${theme}`}>
      {theme === 'dark' ? '☾' : theme === 'light' ? '☀' : '◐'}
    </button>
  );
}
