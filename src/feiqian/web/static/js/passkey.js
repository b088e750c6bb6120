// Passkeys and shields (Web Authentication Level 3): the server's options as JSON become what browsers take, and their
// answers become the JSON that the server takes. Bytes are base64url without padding (RFC 4648, 5).

export const supported = () => "PublicKeyCredential" in window && "credentials" in navigator;

const bytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));

const base64url = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");

const named = (credentials = []) => credentials.map((credential) => ({ ...credential, id: bytes(credential.id) }));

function answered(credential, response) {
  return JSON.stringify({
    id: credential.id,
    rawId: base64url(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  });
}

/** Asks a passkey or shield to sign; the answer as JSON. Throws what the browser throws. */
export async function sign(options) {
  const publicKey = { ...options, challenge: bytes(options.challenge), allowCredentials: named(options.allowCredentials) };
  const credential = await navigator.credentials.get({ publicKey });
  const said = credential.response;
  return answered(credential, {
    clientDataJSON: base64url(said.clientDataJSON),
    authenticatorData: base64url(said.authenticatorData),
    signature: base64url(said.signature),
    userHandle: said.userHandle ? base64url(said.userHandle) : undefined,
  });
}

/** Makes a new passkey or shield; the answer as JSON. Throws what the browser throws. */
export async function create(options) {
  const publicKey = {
    ...options,
    challenge: bytes(options.challenge),
    user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: named(options.excludeCredentials),
  };
  const credential = await navigator.credentials.create({ publicKey });
  const said = credential.response;
  return answered(credential, {
    clientDataJSON: base64url(said.clientDataJSON),
    attestationObject: base64url(said.attestationObject),
    transports: said.getTransports?.() ?? [],
  });
}

/** The key of the text that says what went wrong. */
export function problemOf(error) {
  if (error.name === "InvalidStateError") return "customer.key.script.known";
  if (error.name === "NotSupportedError") return "customer.key.script.none";
  return error.name === "Error" ? "customer.key.script.over" : "customer.key.script.cancelled";
}
