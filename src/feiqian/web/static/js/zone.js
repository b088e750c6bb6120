// Tells the server by how much this clock is ahead of UTC: where the bank's is another, its times carry their zone.

const YEAR_SECONDS = 365 * 86_400;
const secure = location.protocol === "https:" ? "; Secure" : "";

document.cookie = `feiqian-offset=${-new Date().getTimezoneOffset()}; Path=/; Max-Age=${YEAR_SECONDS}; SameSite=Lax${secure}`;
