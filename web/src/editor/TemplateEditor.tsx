import { ActionIcon, Button, Combobox, ScrollArea, Text, Tooltip, useCombobox } from '@mantine/core';
import {
  type Icon,
  IconBold,
  IconBraces,
  IconH2,
  IconItalic,
  IconLink,
  IconList,
  IconListNumbers,
  IconPlus,
} from '@tabler/icons-react';
import { Editor, Extension } from '@tiptap/core';
import TextAlign from '@tiptap/extension-text-align';
import { EditorContent, useEditor, useEditorState } from '@tiptap/react';
import StarterKit from '@tiptap/starter-kit';
import { type ReactNode, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './editor.module.css';
import { type VariableItem, VariableSuggestion } from './suggestion';
import { docToText, editorToHtml, htmlToEditor, textToDoc } from './template';
import { TemplateBlock, VariableNode } from './variable-node';

export type Mode = 'line' | 'text' | 'body';

// Stands before VariableSuggestion in the list, so that Enter reaches an open suggestion list first
// (later extensions come first; `editorProps.handleKeyDown` would come before them all).
const SingleLine = Extension.create({
  name: 'singleLine',
  addKeyboardShortcuts: () => ({ Enter: () => true, 'Shift-Enter': () => true }),
});

/** The extensions of one mode; tests build an editor from the same list. */
export function extensionsFor(mode: Mode, variables: () => VariableItem[]) {
  const rich = mode === 'body';
  const labelOf = (path: string) => variables().find((v) => v.path === path)?.label ?? null;
  return [
    StarterKit.configure({
      ...(rich
        ? {
            heading: { levels: [2, 3] },
            code: false,
            codeBlock: false,
            link: {
              openOnClick: false,
              HTMLAttributes: { rel: null, target: null },
              isAllowedUri: (url, ctx) => /^\s*\{\{/.test(url) || ctx.defaultValidate(url),
            },
          }
        : {
            heading: false,
            bold: false,
            italic: false,
            strike: false,
            underline: false,
            code: false,
            codeBlock: false,
            blockquote: false,
            bulletList: false,
            orderedList: false,
            listItem: false,
            listKeymap: false,
            horizontalRule: false,
            link: false,
            hardBreak: false,
          }),
      trailingNode: false,
    }),
    ...(rich ? [TextAlign.configure({ types: ['paragraph', 'heading'] }), TemplateBlock] : []),
    ...(mode === 'line' ? [SingleLine] : []),
    VariableNode.configure({ labelOf }),
    VariableSuggestion.configure({ items: variables }),
  ];
}

export const parse = (mode: Mode, source: string) =>
  mode === 'body' ? htmlToEditor(source) : textToDoc(source);
export const serialise = (mode: Mode, editor: Editor) =>
  mode === 'body' ? editorToHtml(editor.getHTML()) : docToText(editor.getJSON());

/** Whether the editor gives a template back as it took it; white space between tags does not count. */
export function holds(mode: Mode, source: string, variables: VariableItem[]): boolean {
  if (source === '') return true;
  const even = (s: string) => (mode === 'body' ? s.replaceAll(/>\s+</g, '><').trim() : s);
  const editor = new Editor({
    extensions: extensionsFor(mode, () => variables),
    content: parse(mode, source),
  });
  const back = serialise(mode, editor);
  editor.destroy();
  return even(back) === even(source);
}

type Props = {
  mode: Mode;
  label: string;
  value: string;
  onChange: (value: string) => void;
  variables: VariableItem[];
  footer?: ReactNode;
};

export function TemplateEditor({ mode, label, value, onChange, variables, footer }: Props) {
  const items = useRef(variables);
  items.current = variables;
  const extensions = useMemo(() => extensionsFor(mode, () => items.current), [mode]);
  const editor = useEditor({
    extensions,
    content: parse(mode, value),
    immediatelyRender: true,
    shouldRerenderOnTransaction: false,
    editorProps: {
      attributes: { role: 'textbox', 'aria-label': label, 'aria-multiline': String(mode !== 'line') },
    },
    onUpdate: ({ editor: e }) => onChange(serialise(mode, e)),
  });
  const insert = (v: VariableItem) =>
    editor
      .chain()
      .focus()
      .insertContent({ type: 'variable', attrs: { raw: `{{ ${v.path} }}` } })
      .run();

  if (mode === 'line')
    return (
      <div className={`${classes.frame} ${classes.lineRow}`} data-size={mode}>
        <EditorContent editor={editor} />
        <VariablePicker variables={variables} onPick={insert} compact />
      </div>
    );
  return (
    <div className={classes.frame} data-size={mode}>
      {mode === 'body' && (
        <Toolbar editor={editor}>
          <VariablePicker variables={variables} onPick={insert} />
        </Toolbar>
      )}
      <EditorContent editor={editor} />
      {footer && (
        <div className={classes.footer}>
          {footer}
          {mode === 'text' && <VariablePicker variables={variables} onPick={insert} />}
        </div>
      )}
    </div>
  );
}

function Toolbar({ editor, children }: { editor: Editor; children: ReactNode }) {
  const { t } = useTranslation();
  const on = useEditorState({
    editor,
    selector: ({ editor: e }) => ({
      bold: e.isActive('bold'),
      italic: e.isActive('italic'),
      heading: e.isActive('heading'),
      bullets: e.isActive('bulletList'),
      numbers: e.isActive('orderedList'),
      link: e.isActive('link'),
    }),
  });
  const tool = (active: boolean, label: string, I: Icon, run: () => void) => (
    <Tooltip label={label} key={label}>
      <ActionIcon
        aria-label={label}
        aria-pressed={active}
        variant={active ? 'light' : 'subtle'}
        color={active ? 'brand' : 'gray'}
        onClick={run}
      >
        <I size={17} stroke={1.8} />
      </ActionIcon>
    </Tooltip>
  );
  const c = () => editor.chain().focus();
  return (
    <div className={classes.toolbar} role="toolbar" aria-label={t('editor.toolbar')}>
      {tool(on.bold, t('editor.bold'), IconBold, () => c().toggleBold().run())}
      {tool(on.italic, t('editor.italic'), IconItalic, () => c().toggleItalic().run())}
      <span className={classes.divider} />
      {tool(on.heading, t('editor.heading'), IconH2, () => c().toggleHeading({ level: 2 }).run())}
      {tool(on.bullets, t('editor.bullets'), IconList, () => c().toggleBulletList().run())}
      {tool(on.numbers, t('editor.numbers'), IconListNumbers, () => c().toggleOrderedList().run())}
      {tool(on.link, t('editor.link'), IconLink, () =>
        on.link ? c().unsetLink().run() : c().setLink({ href: '{{ booking.manage_url }}' }).run(),
      )}
      <span style={{ flex: 1 }} />
      {children}
    </div>
  );
}

type PickerProps = { variables: VariableItem[]; onPick: (v: VariableItem) => void; compact?: boolean };

function VariablePicker({ variables, onPick, compact }: PickerProps) {
  const { t } = useTranslation();
  const [search, setSearch] = useState('');
  const combobox = useCombobox({
    onDropdownClose: () => setSearch(''),
    onDropdownOpen: () => combobox.focusSearchInput(),
  });
  const q = search.trim().toLocaleLowerCase();
  const hits = variables.filter((v) => !q || v.label.toLocaleLowerCase().includes(q) || v.path.includes(q));
  const groups = [...new Set(hits.map((v) => v.group))];
  return (
    <Combobox
      store={combobox}
      position="bottom-end"
      width={300}
      withinPortal
      onOptionSubmit={(path) => {
        const v = variables.find((x) => x.path === path);
        combobox.closeDropdown();
        if (v) onPick(v);
      }}
    >
      <Combobox.Target withAriaAttributes={false}>
        {compact ? (
          <Tooltip label={t('editor.variable')}>
            <ActionIcon aria-label={t('editor.variable')} onClick={() => combobox.toggleDropdown()}>
              <IconBraces size={17} stroke={1.8} />
            </ActionIcon>
          </Tooltip>
        ) : (
          <Button
            size="compact-sm"
            variant="subtle"
            leftSection={<IconPlus size={14} />}
            onClick={() => combobox.toggleDropdown()}
          >
            {t('editor.variable')}
          </Button>
        )}
      </Combobox.Target>
      <Combobox.Dropdown>
        <Combobox.Search
          value={search}
          onChange={(e) => setSearch(e.currentTarget.value)}
          placeholder={t('editor.search')}
          aria-label={t('editor.search')}
        />
        <Combobox.Options>
          <ScrollArea.Autosize mah={280} type="scroll">
            {hits.length === 0 && <Combobox.Empty>{t('editor.nothing')}</Combobox.Empty>}
            {groups.map((g) => (
              <Combobox.Group key={g} label={g}>
                {hits
                  .filter((v) => v.group === g)
                  .map((v) => (
                    <Combobox.Option key={v.path} value={v.path}>
                      <Text size="sm">{v.label}</Text>
                      <Text size="xs" c="dimmed" truncate>
                        {v.sample}
                      </Text>
                    </Combobox.Option>
                  ))}
              </Combobox.Group>
            ))}
          </ScrollArea.Autosize>
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}
