import { expect, test, vi } from "vitest";
import { TestSocket, freshPage, opened } from "./socket";

freshPage();

test("greets with its version, client, session and the token of the link", async () => {
  location.hash = "#token=secret-1";
  const { socket, connection } = await opened();
  expect(socket.sent[0]).toMatchObject({ type: "hello", version: 1, token: "secret-1" });
  expect(socket.sent[0]!["client"]).toMatch(/^[0-9a-f]{24}$/);
  expect(socket.sent[0]!["session"]).toMatch(/^\d{8}-\d{6}$/);
  expect(location.hash).toBe("");
  expect(connection.link.value.state).toBe("open");
});

test("each reply goes to the one who asked, a refusal with its code", async () => {
  const { socket, connection } = await opened();
  const first = connection.request("takes.list");
  const second = connection.request("model.select", { name: "mine" });
  const [a, b] = socket.sent.slice(1);
  expect(b).toMatchObject({ type: "model.select", name: "mine" });
  socket.say({ type: "reply", id: b!["id"], ok: false, code: "unavailable", message: "no inference" });
  socket.say({ type: "reply", id: a!["id"], ok: true, samples: 3 });
  await expect(first).resolves.toMatchObject({ samples: 3 });
  await expect(second).rejects.toMatchObject({ code: "unavailable", message: "no inference" });
});

test("a question without an answer is given up, and a late answer changes nothing", async () => {
  const { socket, connection } = await opened();
  const asked = connection.request("record.stop");
  const refused = expect(asked).rejects.toMatchObject({ code: "unavailable" });
  await vi.advanceTimersByTimeAsync(20000);
  await refused;
  socket.say({ type: "reply", id: socket.sent[1]!["id"], ok: true });
});

test("what waits is lost with the connection, which comes back in growing pauses", async () => {
  const { socket, connection } = await opened();
  const asked = connection.request("record.stop");
  const refused = expect(asked).rejects.toMatchObject({ code: "lost" });
  socket.drop(1006);
  await refused;
  expect(connection.link.value.state).toBe("lost");
  let last = socket;
  for (const pause of [500, 1000, 2000, 4000, 5000, 5000]) {
    await vi.advanceTimersByTimeAsync(pause - 1);
    expect(TestSocket.last).toBe(last);
    await vi.advanceTimersByTimeAsync(1);
    expect(TestSocket.last).not.toBe(last);
    last = TestSocket.last;
    last.drop(1006);
  }
});

test("a wrong token is forgotten, and the page waits for the person", async () => {
  const { socket, connection } = await opened();
  socket.say({ type: "refused", code: "token", message: "the token is wrong" });
  socket.drop(4401);
  expect(connection.link.value).toEqual({ state: "token", message: "the token is wrong" });
  await vi.advanceTimersByTimeAsync(60000);
  expect(TestSocket.last).toBe(socket);
});

test("the age of a stamp is known once the clocks were compared", async () => {
  const { socket, connection } = await opened();
  expect(connection.age(1000)).toBeNull();
  socket.say({ type: "clock.ping", n: 7, offset: 250, rtt: 2 });
  expect(socket.sent.at(-1)).toMatchObject({ type: "clock.pong", n: 7 });
  expect(connection.age(connection.now() - 250)).toBeCloseTo(0, 0);
});
