"""Commands, their refusals, and the wrappers around them."""

import asyncio

from support import BusTest, new_channel, soon

from arqonbus.sdk import AuthorizationError, ConflictError, NotFoundError, ValidationError


class CommandTest(BusTest):
    async def test_a_command_gives_its_data_or_raises(self) -> None:
        client = await self.client(screen_name="Ada", client_type="service")
        who = await client.command("whoami")
        self.assertEqual(who["client"]["screen_name"], "Ada")
        with self.assertRaises(NotFoundError) as unknown:
            await client.command("dance")
        self.assertEqual((unknown.exception.code, unknown.exception.retry), ("UNKNOWN_COMMAND", False))
        with self.assertRaises(ValidationError) as invalid:
            await client.command("history", {"room": "lab", "limit": "many", "colour": "red"})
        self.assertEqual(
            invalid.exception.faults, ("colour: is not known", "limit: must be an integer from 1 to 500")
        )
        with self.assertRaises(AuthorizationError):
            await client.command("create_channel", {"channel_id": new_channel()})

    async def test_refused_publishes_tell_every_fault(self) -> None:
        client = await self.client()
        with self.assertRaises(ValidationError) as caught:
            await client.publish("a room:x", [])  # type: ignore[arg-type]
        self.assertEqual(len(caught.exception.faults), 2)
        for address, options in (
            ("lab:", {}),
            ("lab:x", {"id": "mine"}),
            ("lab:x", {"metadata": {"x": float("nan")}}),
            ("lab:x", {"metadata": {"x": object()}}),
        ):
            with self.subTest(address, **options), self.assertRaises(ValidationError):
                await client.publish(address, {}, **options)

    async def test_the_same_id_cannot_wait_twice(self) -> None:
        client, address = await self.client(), new_channel()
        outcomes = await asyncio.gather(
            *[client.publish(address, {}, id="arq_once") for _ in range(2)], return_exceptions=True
        )
        self.assertEqual([isinstance(outcome, ConflictError) for outcome in outcomes], [False, True])

    async def test_the_store(self) -> None:
        client, space = await self.client(), new_channel().replace(":", "-")
        store = client.store
        self.assertIsNone(await store.get("a", space))
        version = await store.set("a", {"x": [1]}, space, ttl_seconds=60, if_version=0)
        stored = await store.get("a", space)
        assert stored is not None
        self.assertEqual((stored.value, stored.version), ({"x": [1]}, version))
        with self.assertRaises(ConflictError):
            await store.set("a", 1, space, if_version=0)
        self.assertEqual([await store.increment("n", 2, space), await store.increment("n", namespace=space)], [2, 3])
        self.assertEqual([key async for key in store.keys(namespace=space)], ["a", "n"])
        changes = client.messages()
        await store.watch("", space)
        self.assertTrue(await store.delete("a", space))
        self.assertFalse(await store.delete("a", space))
        change = await soon(changes.__anext__())
        self.assertEqual((change.payload["event"], change.payload["key"]), ("store_changed", "a"))
        await store.unwatch("", space)
        self.assertEqual(client.watches, set())

    async def test_cron(self) -> None:
        client, address = await self.client(), new_channel()
        messages = client.subscribe(address)
        await messages.start()
        await client.cron.schedule(address, {"n": 1}, delay_seconds=0.01)
        self.assertEqual((await soon(messages.__anext__())).payload, {"n": 1})
        job = await client.cron.schedule(address, {}, cron="55 8 * * MON-FRI", timezone="Europe/Berlin")
        self.assertEqual([one["job_id"] for one in await client.cron.list()], [job["job_id"]])
        await client.cron.cancel(job["job_id"])
        self.assertEqual(await client.cron.list(), [])
        with self.assertRaises(NotFoundError):
            await client.cron.cancel(job["job_id"])

    async def test_webhooks(self) -> None:
        client = await self.client()
        rule = await client.webhooks.register("http://127.0.0.1:1/hook", "lab:*", types=["message"])
        rule_id = rule["rule_id"]
        self.assertEqual((await client.webhooks.get(rule_id))["rule_id"], rule_id)
        self.assertEqual([one["rule_id"] for one in await client.webhooks.list()], [rule_id])
        self.assertNotEqual((await client.webhooks.test(rule_id))["outcome"], "delivered")
        self.assertIsInstance(await client.webhooks.deliveries(rule_id), list)
        self.assertEqual(await client.webhooks.dead_letters(rule_id, limit=5), [])
        with self.assertRaises(NotFoundError):
            await client.webhooks.replay("whd_01890a5d-ac96-774b-bcce-b302099a8057")
        await client.webhooks.unregister(rule_id)
        self.assertEqual(await client.webhooks.list(), [])
