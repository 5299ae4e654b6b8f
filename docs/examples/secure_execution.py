"""The kernel holds what code may do: this needs no Docker, no account and no root."""

import asyncio

from agent_core import CodeAgent, Decision, HubModel, Limits, Model, PermissionRequest, Policy, RunResult, Sandbox

MISCHIEF = {
    "run a program": "import os\nos.system('echo it runs')",
    "the same by a back door": "import random\nrandom._os.system('echo it runs')",
    "read a file of yours": "open('/etc/passwd').read()",
    "reach the network": "import urllib.request\nurllib.request.urlopen('http://example.org')",
    "see a key": "import os\n[name for name in os.environ if 'TOKEN' in name or 'KEY' in name]",
    "never end": "while True:\n    pass",
    "take all memory": "x = bytearray(10**12)",
}


async def decide(request: PermissionRequest) -> Decision:
    """Decide what a person would be asked: this program lets code import, and nothing else."""
    return "once" if request.kind == "import" else "deny"


async def main(model: Model) -> RunResult:
    """Try mischief in a sandbox, and then let an agent work in one with a policy of its own."""
    async with Sandbox(limits=Limits(step_seconds=2, most_step_seconds=0, memory_mb=512)) as box:
        for what, code in MISCHIEF.items():
            done = await box.run(code)
            print(f"{what}: {done.error.message if done.error else done.value}")
        print(f"What holds it: {', '.join(box.confinement)}")

    policy = Policy(imports=["math", "statistics"], hosts=["api.example.org"], ask=decide)
    async with CodeAgent(model, policy=policy) as agent:  # engine=DockerEngine(): the same in a container
        result = await agent.run("What is the 100th Fibonacci number?")
    print(result.answer)
    return result


if __name__ == "__main__":
    asyncio.run(main(HubModel()))
