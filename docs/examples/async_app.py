"""An agent behind a web address: POST /ask with a question. Runs are coroutines, so that no threads are needed."""

import asyncio

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from agent_core import CodeAgent, HubModel, Model


def web_app(model: Model, most_runs: int = 4) -> Starlette:
    """Return an app that answers each question in a new chat, and so many at once."""
    slots = asyncio.Semaphore(most_runs)

    async def ask(request: Request) -> JSONResponse:
        question = (await request.json()).get("question")
        if not question:
            return JSONResponse({"error": "Give a question."}, 400)
        async with slots, CodeAgent(model) as agent:
            result = await agent.run(question)
        if result.answer is None:  # a run raises nothing: it says what went wrong
            return JSONResponse({"error": result.message}, 502)
        return JSONResponse({"answer": str(result.answer), "tokens": result.usage.total_tokens})

    return Starlette(routes=[Route("/ask", ask, methods=["POST"])])


async def main(model: Model, port: int = 8000) -> None:
    """Serve until Ctrl+C."""
    await uvicorn.Server(uvicorn.Config(web_app(model), port=port, log_level="warning")).serve()


if __name__ == "__main__":
    asyncio.run(main(HubModel()))
