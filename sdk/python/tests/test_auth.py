"""Tokens: given, refused, expired, renewed."""

import asyncio
from typing import Any

from support import AUTH_URL, BusTest, Proxy, make_token, new_channel, port_of, soon, until

from arqonbus.sdk import ArqonBusClient, AuthenticationError, AuthorizationError, UnreachableError


class AuthTest(BusTest):
    async def test_a_token_says_who_the_client_is(self) -> None:
        client = await self.client(AUTH_URL, token=make_token("ada", role="admin", tenant_id="acme"))
        who = await client.command("whoami")
        self.assertEqual((who["subject"], who["client"]["tenant_id"]), ("ada", "acme"))
        await client.command("create_channel", {"channel_id": new_channel()})
        await client.refresh(make_token("ada", tenant_id="acme"))
        with self.assertRaises(AuthorizationError):
            await client.refresh(make_token("bob", tenant_id="acme"))

    async def test_no_token_and_a_bad_one_are_refused(self) -> None:
        bad = make_token() + "x"
        for options, code in (({}, "AUTH_REQUIRED"), ({"token": bad}, "AUTH_INVALID")):
            with self.subTest(code), self.assertRaises(AuthenticationError) as caught:
                await ArqonBusClient(AUTH_URL, **options).connect()
            error = caught.exception
            self.assertEqual((error.code, error.status, error.retry), (code, 401, False))
            self.assertNotIn(bad, str(error) + repr(error.__cause__))

    async def test_a_token_in_the_address_is_never_shown(self) -> None:
        with self.assertRaises(AuthenticationError) as caught:
            await ArqonBusClient(f"{AUTH_URL}/ws?token=very.secret.token").connect()
        self.assertNotIn("secret", str(caught.exception))

    async def test_the_token_is_asked_for_before_every_connection(self) -> None:
        tokens: list[str] = []

        async def get_token() -> str:
            tokens.append(make_token())
            return tokens[-1]

        proxy = await self.proxy(port_of(AUTH_URL))
        client = await self.client(proxy.url, get_token=get_token)
        await client.ping()
        proxy.cut()
        await until("it is back", lambda: len(tokens) == 2 and client.state == "open")
        await client.ping()

    async def test_a_token_source_that_fails_is_told(self) -> None:
        def get_token() -> str:
            raise KeyError("no such file")

        with self.assertRaises(UnreachableError) as caught:
            await ArqonBusClient(AUTH_URL, get_token=get_token).connect()
        self.assertIn("KeyError", str(caught.exception))

    async def test_a_token_that_does_not_come_is_given_up_and_asked_for_again(self) -> None:
        calls: list[int] = []

        async def get_token() -> str:
            calls.append(len(calls))
            if len(calls) == 2:
                await asyncio.Event().wait()
            return make_token()

        proxy = await self.proxy(port_of(AUTH_URL))
        client = await self.client(proxy.url, get_token=get_token, timeout=2)
        errors: list[Any] = []
        client.on("state", lambda change: errors.append(change.error))
        await client.ping()
        proxy.cut()
        await until("it is back", lambda: len(calls) == 3 and client.state == "open")
        self.assertIn("TIMEOUT: no token within 2 s", [str(error) for error in errors])

    async def test_when_a_token_expires_a_new_one_is_fetched_and_nothing_is_missed(self) -> None:
        lives = iter([1.0, 600.0])
        alice = await self.client(AUTH_URL, token=make_token("bob"))
        address = new_channel()
        reader = await self.client(AUTH_URL, get_token=lambda: make_token(seconds=next(lives)))
        changes: list[Any] = []
        reader.on("state", changes.append)
        messages = reader.subscribe(address)
        await messages.start()
        count = 0
        while not any(change.new == "waiting" for change in changes) or reader.state != "open":
            count += 1
            await alice.publish(address, {"n": count})
            await asyncio.sleep(0.01)
        [lost] = [change.error for change in changes if change.new == "waiting"]
        self.assertEqual((lost.closure.code, lost.closure.verdict), (4410, "new token"))
        got = [(await soon(messages.__anext__())) for _ in range(count)]
        self.assertEqual([message.payload["n"] for message in got], list(range(1, count + 1)))
        self.assertTrue(all(message.gap is None for message in got))

    async def test_an_expired_token_without_a_source_is_the_end(self) -> None:
        reader = await self.client(AUTH_URL, token=make_token(seconds=1))
        messages = reader.subscribe(new_channel())
        with self.assertRaises(AuthenticationError):
            await soon(messages.__anext__())
        self.assertEqual((reader.state, reader.error and reader.error.code), ("closed", "AUTH_INVALID"))

    async def test_tokens_that_are_refused_twice_in_a_row_are_the_end(self) -> None:
        tokens = iter([make_token(), "bad", "bad", make_token()])
        proxy: Proxy = await self.proxy(port_of(AUTH_URL))
        client = await self.client(proxy.url, get_token=lambda: next(tokens))
        await client.ping()
        proxy.cut()
        await until("it has ended", lambda: client.state == "closed")
        self.assertIsInstance(client.error, AuthenticationError)
        self.assertEqual(len(list(tokens)), 1)
        with self.assertRaises(AuthenticationError):
            await client.ping()


