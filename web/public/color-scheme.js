// Runs before the first paint so that a dark-mode user sees no white flash.
// A file of its own, not inline, so that the page works under `script-src 'self'`.
(() => {
  let s = 'auto';
  try {
    s = localStorage.getItem('mantine-color-scheme-value') || 'auto';
  } catch {}
  const dark = s === 'dark' || (s === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light');
})();
