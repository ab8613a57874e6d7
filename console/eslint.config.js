import js from '@eslint/js';
import jsxA11y from 'eslint-plugin-jsx-a11y';
import reactHooks from 'eslint-plugin-react-hooks';
import globals from 'globals';
import tseslint from 'typescript-eslint';

/** What a folder may not import: pages use components, components use ui, and ui knows no API. */
const mayNotImport = (files, folders, message) => ({
    files: [`src/${files}/**/*.{ts,tsx}`],
    rules: {
        'no-restricted-imports': [
            'error',
            { patterns: [{ group: folders.map((folder) => `**/${folder}/**`), message }] },
        ],
    },
});

export default tseslint.config(
    { ignores: ['dist', 'src/api/schema.d.ts'] },
    js.configs.recommended,
    tseslint.configs.strictTypeChecked,
    reactHooks.configs.flat.recommended,
    jsxA11y.flatConfigs.recommended,
    {
        languageOptions: {
            globals: globals.browser,
            parserOptions: { projectService: { allowDefaultProject: ['*.js', 'build/*.mjs'] } },
        },
        rules: {
            '@typescript-eslint/no-explicit-any': 'error',
            '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
            '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
            // React Aria's elements are what they say they are.
            'jsx-a11y/no-autofocus': 'off',
            'no-restricted-syntax': [
                'error',
                {
                    selector: 'JSXAttribute[name.name="dangerouslySetInnerHTML"]',
                    message: 'Event text is hostile: text nodes only.',
                },
            ],
        },
    },
    {
        files: ['**/*.{js,mjs}'],
        extends: [tseslint.configs.disableTypeChecked],
        languageOptions: { globals: globals.node },
    },
    mayNotImport('lib', ['api', 'ui', 'components', 'pages'], 'lib is pure.'),
    mayNotImport('ui', ['api', 'components', 'pages'], 'ui knows no API and no page.'),
    mayNotImport('api', ['ui', 'components', 'pages'], 'The API knows no screen.'),
    mayNotImport('components', ['pages'], 'Components know no page.'),
);
