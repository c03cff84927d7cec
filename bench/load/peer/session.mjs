// Guests, each with a signed cookie: `id.signature`, by HMAC-SHA-256.

const encoder = new TextEncoder();
const COOKIE = "session";

let key;
const keyOf = (secret) =>
  (key ??= crypto.subtle.importKey("raw", encoder.encode(secret), { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
    "verify",
  ]));

export async function startSession(secret) {
  const id = `guest_${crypto.randomUUID()}`;
  const signature = new Uint8Array(await crypto.subtle.sign("HMAC", await keyOf(secret), encoder.encode(id)));
  const cookie = `${COOKIE}=${id}.${signature.toHex()}; Path=/; HttpOnly; Secure; SameSite=Lax`;
  return Response.json({ user: { id } }, { headers: { "set-cookie": cookie } });
}

/** The id of the user, or null. */
export async function userOf(request, secret) {
  const cookies = request.headers.get("cookie") ?? "";
  const [, id, signature] = cookies.match(new RegExp(`(?:^|; )${COOKIE}=([\\w-]+)\\.([0-9a-f]{64})(?:;|$)`)) ?? [];
  if (!id) return null;
  const isTrue = await crypto.subtle.verify(
    "HMAC",
    await keyOf(secret),
    Uint8Array.fromHex(signature),
    encoder.encode(id),
  );
  return isTrue ? id : null;
}
