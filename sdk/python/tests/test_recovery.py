"""Connections that break off, and servers that go away."""

import asyncio
import random
from typing import Any, AsyncIterator

from support import AUTH_URL, QUICK, URL, BusTest, Server, make_token, new_channel, port_of, soon, until

from arqonbus.sdk import (
    ArqonBusClient,
    BusTimeoutError,
    ClosedError,
    Gap,
    LimitError,
    ReconnectPolicy,
    UnavailableError,
)

_CUTS = 30


class RecoveryTest(BusTest):
    async def test_thirty_cuts_lose_and_double_nothing(self) -> None:
        await self._hold_cuts(URL, {}, {})

    async def test_thirty_cuts_lose_and_double_nothing_with_tokens(self) -> None:
        await self._hold_cuts(AUTH_URL, {"token": make_token("alice")}, {"token": make_token("bob")})

    async def _hold_cuts(self, url: str, for_alice: dict[str, str], for_bob: dict[str, str]) -> None:
        """A publisher and a reader, both cut off again and again: the reader, and history, have each message once."""
        address, chance = new_channel(), random.Random(7)
        upstream, downstream = await self.proxy(port_of(url)), await self.proxy(port_of(url))
        alice = await self.client(upstream.url, **for_alice)
        bob = await self.client(downstream.url, **for_bob)
        gaps: list[Gap] = []
        bob.on("gap", gaps.append)
        messages = bob.subscribe(address, max_buffered=100_000)
        await messages.start()
        is_over = False
        positions: dict[int, Any] = {}
        numbers = iter(range(100_000))

        async def publish() -> None:
            while not is_over:
                number = next(numbers)
                positions[number] = await alice.publish(address, {"n": number})
                await asyncio.sleep(0.002)

        publishers = [asyncio.ensure_future(publish()) for _ in range(3)]
        for cut in range(_CUTS):
            await asyncio.sleep(chance.uniform(0, 0.02))
            proxy = downstream if cut % 2 else upstream
            # Now and then the acknowledgements get lost before the connection does.
            proxy.is_deaf = cut % 3 == 0
            await asyncio.sleep(0.005)
            before = proxy.count
            proxy.cut()
            proxy.is_deaf = False
            await until("it is back", lambda: proxy.count > before and "open" == alice.state == bob.state)
        is_over = True
        await soon(asyncio.gather(*publishers))
        count = len(positions)
        got = [await soon(messages.__anext__()) for _ in range(count)]
        await bob.ping()
        self.assertEqual(gaps, [])
        self.assertEqual([message.sequence for message in got], list(range(1, count + 1)))
        self.assertEqual(sorted(message.payload["n"] for message in got), list(range(count)))
        self.assertEqual({m.payload["n"]: m.sequence for m in got}, {n: p.sequence for n, p in positions.items()})
        self.assertGreater(upstream.count + downstream.count, _CUTS)

    async def test_a_lost_acknowledgement_is_found_again(self) -> None:
        for url, options in ((URL, {}), (AUTH_URL, {"token": make_token()})):
            with self.subTest(url):
                address, proxy = new_channel(), await self.proxy(port_of(url))
                alice = await self.client(proxy.url, **options)
                await alice.ping()
                proxy.is_deaf = True
                publish = asyncio.ensure_future(alice.publish(address, {"n": 1}))
                witness = await self.client(url, **options)
                history: list[Any] = []
                while not history:
                    history = await witness.history(address)
                proxy.is_deaf = False
                proxy.cut()
                position = await soon(publish)
                self.assertEqual((position.sequence, position.duplicate), (1, True))
                self.assertEqual(len(await witness.history(address)), 1)

    async def test_a_lost_acknowledgement_of_which_history_tells_no_more_is_an_error(self) -> None:
        address, proxy = new_channel(), await self.proxy(port_of(URL))
        alice, witness = await self.client(proxy.url), await self.client()
        await alice.ping()
        proxy.is_deaf = True
        publish = asyncio.ensure_future(alice.publish(address, {"n": 1}))
        while not await witness.history(address):
            pass
        await soon(asyncio.gather(*[witness.publish(address, {}) for _ in range(500)]))
        proxy.is_deaf = False
        proxy.cut()
        with self.assertRaises(ClosedError) as caught:
            await soon(publish)
        self.assertIn("history does not tell", str(caught.exception))

    async def test_closing_at_any_moment_of_a_reconnect_is_the_end(self) -> None:
        proxy, chance = await self.proxy(port_of(URL)), random.Random(3)
        for _ in range(25):
            client = await self.client(proxy.url)
            await client.join(new_channel())
            proxy.cut()
            await asyncio.sleep(chance.uniform(0, 0.03))
            await soon(client.close())
            self.assertEqual((client.state, client.error), ("closed", None))

    async def test_own_messages_do_not_come_back_after_a_reconnect(self) -> None:
        address, proxy = new_channel(), await self.proxy(port_of(URL))
        alice, other = await self.client(proxy.url), await self.client()
        messages = alice.subscribe(address)
        await messages.start()
        await alice.publish(address, {"by": "alice"})
        former = alice.client_id
        proxy.cut()
        await other.publish(address, {"by": "other"})
        self.assertEqual((await soon(messages.__anext__())).payload["by"], "other")
        self.assertNotEqual(alice.client_id, former)

    async def test_what_is_asked_without_a_connection_waits_for_one(self) -> None:
        address, proxy = new_channel(), await self.proxy(port_of(URL))
        alice = await self.client(proxy.url, max_waiting=2)
        await alice.ping()
        proxy.port = 1
        proxy.cut()
        await until("it waits", lambda: alice.state in ("waiting", "connecting"))
        publishes = [asyncio.ensure_future(alice.publish(address, {"n": n})) for n in range(2)]
        join = asyncio.ensure_future(alice.join(new_channel()))
        await asyncio.sleep(0)
        with self.assertRaises(LimitError) as caught:
            await alice.publish(address, {"n": 2})
        self.assertEqual((caught.exception.code, caught.exception.retry), ("OVERFLOW", True))
        with self.assertRaises(ClosedError):
            await alice.send_json({"type": "ping"})
        with self.assertRaises(BusTimeoutError):
            await alice.publish(address, {"n": 3}, timeout=0)
        proxy.port = port_of(URL)
        self.assertEqual([(await soon(publish)).sequence for publish in publishes], [1, 2])
        self.assertEqual((await soon(join)).sequence, 0)

    async def test_who_wants_no_waiting_is_refused(self) -> None:
        proxy = await self.proxy(port_of(URL))
        alice = await self.client(proxy.url, offline="refuse")
        await alice.ping()
        proxy.port = 1
        proxy.cut()
        await until("it waits", lambda: alice.state in ("waiting", "connecting"))
        for work in (alice.publish(new_channel(), {}), alice.ping(), alice.join(new_channel())):
            with self.assertRaises(ClosedError) as caught:
                await work
            self.assertTrue(caught.exception.retry)

    async def test_without_reconnect_a_lost_connection_is_the_end(self) -> None:
        proxy = await self.proxy(port_of(URL))
        alice = await self.client(proxy.url, reconnect=False)
        messages = alice.messages()
        await messages.start()
        proxy.cut()
        with self.assertRaises(ClosedError) as caught:
            await soon(messages.__anext__())
        self.assertEqual((alice.state, alice.error), ("closed", caught.exception))

    async def test_after_so_many_attempts_it_gives_up(self) -> None:
        proxy = await self.proxy(port_of(URL))
        policy = ReconnectPolicy(min_delay=0.001, max_delay=0.001, max_attempts=3)
        alice = await self.client(proxy.url, reconnect=policy)
        await alice.ping()
        changes: list[Any] = []
        alice.on("state", changes.append)
        proxy.port = 1
        proxy.cut()
        await until("it has given up", lambda: alice.state == "closed")
        self.assertEqual([change.new for change in changes], [*["waiting", "connecting"] * 3, "closed"])
        self.assertTrue(all(change.delay <= 0.001 for change in changes if change.new == "waiting"))

    async def test_what_breaks_the_protocol_too_often_does_not_come_back(self) -> None:
        alice = await self.client()
        await alice.ping()
        for _ in range(21):
            await alice.send_json({"type": "nonsense"})
        await until("it has ended", lambda: alice.state == "closed")
        assert alice.error is not None and alice.error.closure is not None
        self.assertEqual((alice.error.closure.code, alice.error.retry), (4400, False))

    async def test_what_is_asked_of_the_store_is_watched_again(self) -> None:
        proxy = await self.proxy(port_of(URL))
        alice, other, space = await self.client(proxy.url), await self.client(), new_channel().replace(":", "-")
        changes = alice.messages()
        await alice.store.watch("", space)
        proxy.cut()
        await until("it is back", lambda: proxy.count == 2 and alice.state == "open")
        await other.store.set("k", 1, space)
        self.assertEqual((await soon(changes.__anext__())).payload["key"], "k")

    async def test_messages_to_a_room_that_may_have_been_missed_are_a_gap(self) -> None:
        room, proxy = new_channel().replace(":", "-"), await self.proxy(port_of(URL))
        alice, other = await self.client(proxy.url, room=room), await self.client()
        messages = alice.subscribe(room)
        await messages.start()
        await other.publish(room, {"n": 1})
        self.assertIsNone((await soon(messages.__anext__())).gap)
        proxy.cut()
        await until("it is back", lambda: proxy.count == 2 and alice.state == "open")
        await other.publish(room, {"n": 2})
        self.assertIsNotNone((await soon(messages.__anext__())).gap)

    async def test_a_server_that_drains_and_one_that_is_killed(self) -> None:
        first, second = await Server.take(), await Server.take()
        proxy = await self.proxy(first.port)
        reader, writer = await self.client(proxy.url), await self.client(proxy.url)
        address = new_channel()
        changes: list[Any] = []
        reader.on("state", changes.append)
        items = reader.subscribe(address, gaps=True)
        await items.start()
        await soon(writer.publish(address, {"n": 1}))
        self.assertEqual((await soon(items.__anext__())).payload, {"n": 1})

        await first.signal("SIGTERM")
        await first.ended()
        await until("the reader knows", lambda: any(change.new == "waiting" for change in changes))
        lost = next(change for change in changes if change.new == "waiting")
        self.assertEqual(lost.error.closure.code, 1012)
        self.assertGreaterEqual(lost.delay, lost.error.closure.retry_after_ms / 1000)
        publish = asyncio.ensure_future(writer.publish(address, {"n": 2}))
        proxy.port = second.port
        await self._expect_gap(reader, writer, items)
        await soon(publish)

        await second.signal("SIGKILL")
        await second.ended()
        publish = asyncio.ensure_future(writer.publish(address, {"n": 3}))
        proxy.port = port_of(URL)
        await self._expect_gap(reader, writer, items)
        await soon(publish)

    async def _expect_gap(self, reader: ArqonBusClient, writer: ArqonBusClient, items: AsyncIterator[Any]) -> None:
        """Another process is another epoch: first comes the gap, then what is published."""
        gap = await soon(items.__anext__())
        self.assertIsInstance(gap, Gap)
        self.assertNotEqual(gap.last[1], gap.next[1])
        await until("the reader is back", lambda: reader.state == "open")
        position = await soon(writer.publish(gap.address, {}))
        got = await soon(items.__anext__())
        self.assertEqual(got.gap, gap)
        while got.sequence != position.sequence:
            got = await soon(items.__anext__())
        self.assertEqual(got.epoch, position.epoch)


class RefusalTest(BusTest):
    async def test_a_server_that_is_full_is_tried_again_when_it_says(self) -> None:
        async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            body = b'{"error":"Server is overloaded","code":"OVERLOADED","details":"Server is overloaded"}'
            head = f"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nContent-Length: {len(body)}\r\n\r\n"
            writer.write(head.encode() + body)
            writer.close()

        server = await asyncio.start_server(refuse, "127.0.0.1", 0)
        self.addCleanup(server.close)
        with self.assertRaises(UnavailableError) as caught:
            await ArqonBusClient(
                f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}", reconnect=QUICK
            ).connect()
        error = caught.exception
        self.assertEqual((error.code, error.status, error.retry_after_ms), ("OVERLOADED", 503, 2000))
