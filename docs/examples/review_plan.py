"""A plan that a person looks at: it is carried out as it is, or as they change it, or not at all."""

import asyncio

from agent_core import CodeAgent, HubModel, Model, ReviewPlan, RunResult


async def ask_person(plan: str) -> str | bool:
    """Ask in the terminal."""
    print(f"The plan:\n{plan}\n")
    said = await asyncio.to_thread(input, "Enter to go on, 'no' to stop, or another plan: ")
    return False if said.strip().lower() == "no" else said or True


async def main(model: Model, review: ReviewPlan = ask_person) -> RunResult:
    """Ask for something that is worth a plan, which is made anew after every four steps."""
    async with CodeAgent(model, plan_every=4, review_plan=review) as agent:
        result = await agent.run("Simulate 1,000 throws of two dice, and compare the sums with what is expected.")
        if agent.can_resume:  # the plan was not accepted; all that happened is still there
            print(f"It waits: {result.message}")
    print(result.answer)
    return result


if __name__ == "__main__":
    asyncio.run(main(HubModel()))
