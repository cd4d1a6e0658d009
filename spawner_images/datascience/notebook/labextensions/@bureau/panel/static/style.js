/* The panel in JupyterLab's own colours, so that it follows the person's theme. */
export const STYLE = `
.bureau-desk { padding: 12px; overflow: auto; color: var(--jp-ui-font-color1); font-size: var(--jp-ui-font-size1); }
.bureau-desk h2 { font-size: var(--jp-ui-font-size2); margin: 0 0 4px; }
.bureau-desk h3 { font: 600 var(--jp-code-font-size)/1.4 var(--jp-code-font-family); margin: 0 0 4px; overflow-wrap: anywhere; }
.bureau-desk ul { margin: 0; padding: 0; list-style: none; }
.bureau-acts { display: flex; flex-wrap: wrap; gap: 6px; margin: 6px 0; }
.bureau-button { border: 1px solid var(--jp-border-color1); border-radius: 3px; padding: 3px 8px; cursor: pointer;
  background: var(--jp-layout-color1); color: var(--jp-ui-font-color1); font: inherit; text-decoration: none; }
.bureau-button:focus-visible { outline: 2px solid var(--jp-brand-color1); outline-offset: 1px; }
.bureau-button:disabled { opacity: 0.5; cursor: default; }
.bureau-desk a.bureau-submit { background: var(--jp-brand-color1); border-color: var(--jp-brand-color1); color: #fff; }
.bureau-status { min-height: 1.4em; font-weight: 600; }
.bureau-rules { margin-bottom: 8px; }
.bureau-rules summary { cursor: pointer; }
.bureau-desk .bureau-rules ul { margin: 4px 0; padding-left: 18px; list-style: disc; }
.bureau-file { border: 1px solid var(--jp-border-color2); border-radius: 4px; padding: 8px; margin-bottom: 8px; }
.bureau-files[inert] { opacity: 0.6; }
.bureau-findings li { margin: 4px 0; }
.bureau-verdict { margin: 0; font-weight: 700; }
.bureau-desk .bureau-block { color: #b3261e; }
.bureau-desk .bureau-flag { color: #8a5a00; }
.bureau-desk .bureau-pass { color: #146c2e; }
[data-jp-theme-light="false"] .bureau-desk .bureau-block { color: #f2b8b5; }
[data-jp-theme-light="false"] .bureau-desk .bureau-flag { color: #f5c878; }
[data-jp-theme-light="false"] .bureau-desk .bureau-pass { color: #8fd6a0; }
.bureau-desk table { border-collapse: collapse; margin-top: 6px; font-size: var(--jp-ui-font-size0); }
.bureau-desk caption { text-align: left; padding: 2px 0; }
.bureau-desk th, .bureau-desk td { border: 1px solid var(--jp-border-color2); padding: 1px 6px; text-align: left; }
.bureau-desk td.bureau-block, .bureau-desk td.bureau-flag { outline: 2px solid currentcolor; outline-offset: -2px; font-weight: 700; }
`;
