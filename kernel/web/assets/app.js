// Lá Chắn: comfort on top of pages that work without it. No library, no eval, no inline code.
const doc = document, root = doc.documentElement;
root.classList.add('js');
const vi = root.lang !== 'en';
const say = (a, b) => (vi ? a : b);
const $ = (sel, el = doc) => el.querySelector(sel);
const $$ = (sel, el = doc) => [...el.querySelectorAll(sel)];
const csrf = () => $('input[name=csrf]')?.value ?? '';

// After a refused form the list of errors is read out first.
$('.summary')?.focus();
// On a phone tabs are one line that scrolls: what is open must be in sight.
for (const bar of $$('.tabs')) {
  const now = $('[aria-current]', bar);
  if (now && bar.scrollWidth > bar.clientWidth) bar.scrollLeft = now.offsetLeft - bar.offsetLeft - (bar.clientWidth - now.offsetWidth) / 2;
}

// 1. Live filter: <form data-live="#list"> asks its own address and swaps that part of the page.
let asked = 0;
async function swap(url, target, push) {
  const mine = ++asked, old = $(target);
  if (!old) { location.assign(url); return; }
  old.classList.add('swapping');
  old.setAttribute('aria-busy', 'true');
  try {
    const r = await fetch(url, { headers: { 'x-swap': '1' }, credentials: 'same-origin' });
    if (r.redirected || !r.ok) { location.assign(url); return; }
    const page = new DOMParser().parseFromString(await r.text(), 'text/html');
    const fresh = $(target, page);
    if (mine !== asked) return;
    if (!fresh) { location.assign(url); return; }
    old.replaceWith(doc.adoptNode(fresh));
    if (push) history.replaceState(null, '', url);
    bars();
  } catch {
    old.classList.remove('swapping');
    old.removeAttribute('aria-busy');
  }
}
function filterUrl(form) {
  const p = new URLSearchParams();
  for (const [k, v] of new FormData(form)) if (v !== '') p.append(k, v);
  const q = p.toString();
  return form.getAttribute('action') + (q ? '?' + q : '');
}
let timer;
doc.addEventListener('input', e => {
  const form = e.target.closest?.('form[data-live]');
  if (!form || e.target.getAttribute('role') === 'combobox') return;
  clearTimeout(timer);
  timer = setTimeout(() => swap(filterUrl(form), form.dataset.live, true), e.target.type === 'search' ? 250 : 0);
});
doc.addEventListener('submit', e => {
  const form = e.target;
  if (form.matches('form[data-live]')) {
    e.preventDefault();
    clearTimeout(timer);
    swap(filterUrl(form), form.dataset.live, true);
    return;
  }
  // 2. A question before what cannot be undone.
  const q = e.submitter?.dataset.confirm ?? form.dataset.confirm;
  if (q && !confirm(q)) { e.preventDefault(); return; }
  // 3. Upload progress.
  if (form.dataset.upload !== undefined && window.XMLHttpRequest) { e.preventDefault(); upload(form); return; }
  // 4. One press, one request.
  if (form.getAttribute('method') === 'post') {
    if (form.dataset.sent) { e.preventDefault(); return; }
    form.dataset.sent = '1';
    e.submitter?.classList.add('busy');
    setTimeout(() => { delete form.dataset.sent; e.submitter?.classList.remove('busy'); }, 8000);
  }
});
addEventListener('pageshow', () => $$('form[data-sent]').forEach(f => { delete f.dataset.sent; $$('.busy', f).forEach(b => b.classList.remove('busy')); }));

function upload(form) {
  let bar = $('progress', form);
  if (!bar) {
    bar = doc.createElement('progress');
    bar.max = 100;
    bar.setAttribute('aria-label', say('Đang gửi tệp', 'Uploading'));
    form.append(bar);
  }
  const x = new XMLHttpRequest();
  const to = new URL(form.getAttribute('action') ?? '', location.href);
  x.open('POST', to);
  x.setRequestHeader('x-csrf-token', csrf());
  x.upload.onprogress = e => { if (e.lengthComputable) bar.value = (e.loaded * 100) / e.total; };
  x.onerror = () => { bar.remove(); alert(say('Mất kết nối khi gửi tệp. Chưa có gì được lưu; hãy gửi lại.', 'The connection was lost. Nothing was saved; please send again.')); };
  x.onload = () => {
    if (x.responseURL && x.status < 400 && new URL(x.responseURL).pathname !== to.pathname) { location.assign(x.responseURL); return; }
    const page = new DOMParser().parseFromString(x.responseText, 'text/html');
    const main = $('main', page);
    if (main) { $('main').replaceWith(doc.adoptNode(main)); $('.summary')?.focus(); scrollTo(0, 0); } else location.reload();
  };
  x.send(new FormData(form));
}

// 5. Link picker: offers records of a register while one types.
let pick;
doc.addEventListener('input', e => {
  const box = e.target.closest?.('.picker');
  if (!box || e.target.getAttribute('role') !== 'combobox') return;
  clearTimeout(pick);
  pick = setTimeout(() => offer(box, e.target), 180);
});
async function offer(box, input) {
  const list = $('[role=listbox]', box), words = input.value.trim();
  if (!words) { close(box); return; }
  const r = await fetch(`${box.dataset.suggest ?? '/suggest/' + encodeURIComponent(box.dataset.register)}?q=${encodeURIComponent(words)}`, { credentials: 'same-origin' }).catch(() => null);
  if (!r?.ok || input.value.trim() !== words) return;
  const rows = await r.json();
  list.replaceChildren(...rows.map(([id, title], i) => {
    const li = doc.createElement('li');
    li.id = `${list.id}-${i}`;
    li.setAttribute('role', 'option');
    li.dataset.id = id;
    li.textContent = title;
    return li;
  }));
  if (!rows.length) {
    const li = doc.createElement('li');
    li.className = 'muted';
    li.textContent = say('Không tìm thấy. Thử ít chữ hơn.', 'Nothing found. Try fewer letters.');
    list.append(li);
  }
  list.hidden = false;
  input.setAttribute('aria-expanded', 'true');
}
function close(box) {
  const list = $('[role=listbox]', box), input = $('[role=combobox]', box);
  list.hidden = true;
  input.setAttribute('aria-expanded', 'false');
  input.removeAttribute('aria-activedescendant');
}
function choose(box, li) {
  if (!li?.dataset.id) return;
  const many = box.dataset.many === '1', chosen = $('.chosen', box), input = $('[role=combobox]', box);
  if (!many) chosen.replaceChildren();
  if (!$$('input', chosen).some(i => i.value === li.dataset.id)) {
    const label = doc.createElement('label'), c = doc.createElement('input');
    label.className = 'check';
    c.type = 'checkbox'; c.name = box.dataset.name; c.value = li.dataset.id; c.checked = true;
    label.append(c, ' ' + li.textContent);
    chosen.append(label);
  }
  input.value = '';
  close(box);
  box.dispatchEvent(new Event('change', { bubbles: true }));
  const form = box.closest('form[data-live]');
  if (form) swap(filterUrl(form), form.dataset.live, true);
}
doc.addEventListener('mousedown', e => {
  const li = e.target.closest?.('.picker [role=option]');
  if (li) { e.preventDefault(); choose(li.closest('.picker'), li); }
});
doc.addEventListener('keydown', e => {
  if (e.target.getAttribute?.('role') !== 'combobox') return;
  const box = e.target.closest('.picker'), list = $('[role=listbox]', box);
  const rows = $$('[role=option]', list), at = rows.findIndex(r => r.getAttribute('aria-selected') === 'true');
  const mark = i => {
    rows.forEach((r, n) => r.setAttribute('aria-selected', String(n === i)));
    if (rows[i]) { e.target.setAttribute('aria-activedescendant', rows[i].id); rows[i].scrollIntoView({ block: 'nearest' }); }
  };
  if (e.key === 'ArrowDown' && rows.length) { e.preventDefault(); mark((at + 1) % rows.length); }
  else if (e.key === 'ArrowUp' && rows.length) { e.preventDefault(); mark((at + rows.length - 1) % rows.length); }
  else if (e.key === 'Enter' && !list.hidden && rows.length) { e.preventDefault(); choose(box, rows[Math.max(at, 0)]); }
  else if (e.key === 'Escape') close(box);
});
doc.addEventListener('focusout', e => { const b = e.target.closest?.('.picker'); if (b && !b.contains(e.relatedTarget)) close(b); });

// 6. Selection bar (its attribute: `bar.id` of a form with a field named id is that field): shown when something is chosen, says how many; one box chooses all of the page.
function bars() {
  for (const bar of $$('[data-bar]')) {
    const ids = () => $$(`input[name=id][form="${bar.getAttribute('id')}"]`);
    const show = () => {
      const n = ids().filter(i => i.checked).length;
      bar.hidden = n === 0;
      const c = $('[data-count]', bar);
      if (c) c.textContent = say(`Đã chọn ${n}`, `${n} selected`);
    };
    const head = $('th.pick');
    if (head && !$('input', head)) {
      const all = doc.createElement('input');
      all.type = 'checkbox';
      all.setAttribute('aria-label', say('Chọn cả trang', 'Select the page'));
      all.addEventListener('change', () => { ids().forEach(i => { i.checked = all.checked; }); show(); });
      head.append(all);
    }
    ids().forEach(i => i.addEventListener('change', show));
    show();
  }
}
bars();
