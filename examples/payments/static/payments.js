// Shows a tenant's payments and limits with the API key the reader brings.
// The key lives in this tab's session storage and goes nowhere but to this server.
"use strict";

const KEY = "payments.key";
const part = (id) => document.getElementById(id);
let last = null;

async function ask(path) {
  let response;
  try {
    response = await fetch(path, {
      headers: { authorization: `Bearer ${sessionStorage.getItem(KEY)}` },
      cache: "no-store",
      credentials: "omit",
    });
  } catch {
    throw new Error("The server cannot be reached. Is it running?");
  }
  if (response.ok) return response.json();
  throw new Error(await reason(response));
}

async function reason(response) {
  const problem = await response.json().catch(() => ({}));
  const wait = response.headers.get("retry-after");
  if (response.status === 401) {
    sessionStorage.removeItem(KEY);
    return "This is no valid API key.";
  }
  if (problem.code === "tenant_mismatch") {
    sessionStorage.removeItem(KEY);
    return "This API key belongs to another tenant than this page.";
  }
  if (response.status === 429) {
    return `Too many requests. Try again in ${wait ?? "some"} seconds.`;
  }
  const later = wait ? ` Try again in ${wait} seconds.` : "";
  return `${problem.title ?? `Status ${response.status}`}.${later}`;
}

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function row(payment) {
  const made = element("tr");
  const time = element("time", new Date(payment.created_at).toLocaleString());
  time.dateTime = payment.created_at;
  const id = element("code", payment.id);
  const cells = [
    element("td"),
    element("td", `${payment.amount_decimal} ${payment.currency}`, "number"),
    element("td", payment.state.replaceAll("_", " ")),
    element("td", payment.reference ?? "—"),
    element("td"),
  ];
  cells[0].append(time);
  cells[4].append(id);
  made.append(...cells);
  return made;
}

async function showPayments() {
  const after = last ? `&starting_after=${encodeURIComponent(last)}` : "";
  const page = await ask(`/v1/payments?limit=10${after}`);
  part("rows").append(...page.data.map(row));
  last = page.data.at(-1)?.id ?? last;
  const shown = part("rows").childElementCount;
  part("count").textContent = shown === 0
    ? "There are no payments yet."
    : `${shown} shown${page.has_more ? "; there are more." : ", these are all."}`;
  part("more").hidden = !page.has_more;
  part("payments").hidden = false;
}

function meter(usage) {
  const made = element("li");
  const name = usage.meter.replaceAll("_", " ");
  const used = usage.used.toLocaleString();
  if (usage.unlimited) {
    made.append(element("span", `${name}: ${used}, unlimited`));
    return made;
  }
  const label = element("label");
  const text = `${name}: ${used} of ${usage.limit.toLocaleString()} (${usage.percentage.toFixed(2)} %)`;
  const bar = element("progress", `${usage.percentage} %`);
  bar.max = 100;
  bar.value = Math.min(usage.percentage, 100);
  label.append(element("span", text), bar);
  made.append(label);
  return made;
}

async function showUsage() {
  const usage = await ask("/v1/usage");
  const rate = usage.rate_limit;
  part("rate").textContent =
    `At most ${rate.requests} requests in any ${rate.window_seconds} seconds. Counted since the first of ${usage.month} (UTC):`;
  part("meters").replaceChildren(...usage.usage.map(meter));
  part("usage").hidden = false;
}

function reset() {
  last = null;
  part("rows").replaceChildren();
  part("usage").hidden = true;
  part("payments").hidden = true;
  part("more").hidden = true;
}

async function busy(button, work) {
  const notice = part("notice");
  notice.hidden = true;
  button.disabled = true;
  try {
    await work();
  } catch (error) {
    notice.textContent = error.message;
    notice.hidden = false;
  }
  button.disabled = false;
  part("forget").hidden = sessionStorage.getItem(KEY) === null;
  if (part("forget").hidden) reset();
}

const submit = part("sign-in").querySelector("[type=submit]");

const show = () => busy(submit, async () => {
  reset();
  await showUsage();
  await showPayments();
});

part("sign-in").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem(KEY, part("key").value.trim());
  part("key").value = "";
  show();
});

part("forget").addEventListener("click", () => {
  sessionStorage.removeItem(KEY);
  part("forget").hidden = true;
  part("notice").hidden = true;
  reset();
  part("key").focus();
});

part("more").addEventListener("click", () => busy(part("more"), showPayments));

if (sessionStorage.getItem(KEY) !== null) show();
