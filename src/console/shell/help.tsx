import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { helpIsOpen, PAGES } from '#console/shell/keys';

/** The list of keys. */
export function Help() {
  const dialog = useRef<HTMLDialogElement>(null);
  const isOpen = helpIsOpen.value;
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);
  const close = (): void => {
    helpIsOpen.value = false;
  };
  return (
    <dialog ref={dialog} onClose={close} aria-labelledby="help-title">
      <h2 id="help-title">Keys</h2>
      <dl class="keys">
        <Key keys="/">Search</Key>
        <Key keys="?">Show this list</Key>
        <Key keys="Esc">Close it</Key>
        {PAGES.map(({ letter, title }) => (
          <Key key={letter} keys={`g ${letter}`}>
            Go to {title}
          </Key>
        ))}
      </dl>
      <div class="row">
        <button type="button" onClick={close}>
          Close
        </button>
        <a href="/console/licences.txt" target="_blank" rel="noreferrer">
          Licences of what this page is made from
        </a>
      </div>
    </dialog>
  );
}

function Key({ keys, children }: { readonly keys: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>
        {keys.split(' ').map((key) => (
          <kbd key={key}>{key}</kbd>
        ))}
      </dt>
      <dd>{children}</dd>
    </div>
  );
}
