"""Pictures and tables go from tools to the code and back as themselves, and the answer may be one."""

import asyncio

import pandas
from PIL import Image, ImageDraw

from agent_core import CodeAgent, HubModel, Model, RunResult, tool


@tool
def draw_flag(colours: list[str]) -> Image.Image:
    """Draw a flag with stripes in these colours, from left to right."""
    flag = Image.new("RGB", (60 * len(colours), 120))
    for number, colour in enumerate(colours):
        ImageDraw.Draw(flag).rectangle((60 * number, 0, 60 * number + 59, 119), fill=colour)
    return flag


@tool
def shares_of_colours(picture: Image.Image) -> pandas.DataFrame:
    """Tell which share of a picture each of its colours has, the largest first."""
    colours = picture.convert("RGB").getcolors(picture.width * picture.height) or []
    table = pandas.DataFrame(colours, columns=["share", "colour"])
    return table.assign(share=table["share"] / table["share"].sum()).sort_values("share", ascending=False)


async def main(model: Model) -> RunResult:
    """Have a picture made, measured and changed; `answer.value` is the picture itself."""
    async with CodeAgent(model, tools=[draw_flag, shares_of_colours]) as agent:
        result = await agent.run("Draw the flag of Italy, check its colours, and give it to me turned upright.")
    print(result.answer, result.answer and result.answer.value)
    return result


if __name__ == "__main__":
    asyncio.run(main(HubModel()))
