"""A bot that joins science:general, says hello, and answers whoever says something."""

import asyncio
import os

from arqonbus.sdk import ArqonBusClient

URL = os.environ.get("BUS_URL", "ws://127.0.0.1:9100")
CHANNEL = "science:general"


async def main() -> None:
    async with ArqonBusClient(URL, client_type="ai-agent", screen_name="Hello Bot") as bot:
        messages = bot.subscribe(CHANNEL)
        await messages.start()
        await bot.publish(CHANNEL, {"text": "Hello, I am here."})
        print(f"{bot.client_id} listens to {CHANNEL}", flush=True)
        async for message in messages:
            text = message.payload.get("text")
            if message.type == "message" and isinstance(text, str):
                await bot.publish(CHANNEL, {"text": f"You said: {text}"}, metadata={"causal_parent_id": message.id})


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
