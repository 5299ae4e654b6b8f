"""Everything on the page can be read: text stands out from its ground by 4.5 to 1, in the light and in the dark."""

from playwright.sync_api import expect

from tests.browser.visitor import DESK, Visitor, code

STEP = code(
    "# Square them\nimport math\nclass Box:\n    def area(self, side=2):\n        return math.pow(side, 2)\n"
    "print(f'{Box().area()} is', True)\n[{'a': 1}]",
    "I square a **number**.",
)
# What is fainter than that, as "contrast text". Colours are drawn, as only the canvas reads all their notations.
# The words of a mark are for screen readers.
FAINT = """() => {
    const pixel = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    const read = (colour) => {
        pixel.clearRect(0, 0, 1, 1);
        pixel.fillStyle = colour;
        pixel.fillRect(0, 0, 1, 1);
        const [red, green, blue, alpha] = pixel.getImageData(0, 0, 1, 1).data;
        return { rgb: [red, green, blue], alpha: alpha / 255 };
    };
    const over = (top, ground) => top.rgb.map((part, at) => part * top.alpha + ground[at] * (1 - top.alpha));
    const parents = (element) => element ? [...parents(element.parentElement), element] : [];
    const ground = (element) => parents(element)
        .reduce((below, part) => over(read(getComputedStyle(part).backgroundColor), below), [255, 255, 255]);
    const linear = (part) => part <= 10 ? part / 3294.6 : ((part / 255 + 0.055) / 1.055) ** 2.4;
    const light = (rgb) => 0.2126 * linear(rgb[0]) + 0.7152 * linear(rgb[1]) + 0.0722 * linear(rgb[2]) + 0.05;
    const contrast = (element, style) => {
        const text = read(style.color), below = ground(element);
        text.alpha *= parents(element).reduce((all, part) => all * getComputedStyle(part).opacity, 1);
        const both = [light(over(text, below)), light(below)];
        return Math.max(...both) / Math.min(...both);
    };
    const isSeen = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true })
        && element.getBoundingClientRect().width > 1 && !element.closest("[disabled], .mark");
    const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement, text = walker.currentNode.data.trim();
        if (text && isSeen(element)) found.push([contrast(element, getComputedStyle(element)), text]);
    }
    for (const field of document.querySelectorAll(":is(input, textarea)[placeholder]:placeholder-shown"))
        if (isSeen(field)) found.push([contrast(field, getComputedStyle(field, "::placeholder")), field.placeholder]);
    return found.filter(([much]) => much < 4.5).map(([much, text]) => `${much.toFixed(2)} ${text}`);
}"""


def faint(visitor: Visitor) -> list[str]:
    """What is too faint, in the dark or in the light."""
    found = []
    for scheme in ("dark", "light"):
        visitor.set_colours(scheme)
        visitor.wait_until_still()
        found += [f"{scheme}: {text}" for text in visitor.page.evaluate(FAINT)]
    return found


def test_what_the_page_says_stands_out(visit, serve):
    visitor = visit(**DESK)
    for section in ("adding", "reach", "limits", "prompt"):
        visitor.open_section(section)
    assert faint(visitor) == []
    visitor.page.locator("#model-chip").click()
    expect(visitor.page.get_by_role("option", name="Automatic")).to_be_visible()
    visitor.page.get_by_text("Paste a key", exact=True).last.click()
    assert faint(visitor) == []
    visitor.page.keyboard.press("Escape")
    visitor.connect(serve([STEP, "It is **four**, see `pow` in [the manual](https://docs.python.org)."]))
    visitor.get_answer("How much is 2 squared?")
    visitor.open_steps()
    visitor.unfold(visitor.steps.locator(".title"))
    expect(visitor.steps.locator(".token").first).to_be_visible()
    assert faint(visitor) == []
    visitor.page.locator("#history").get_by_role("button", name="Edit", exact=True).click()
    expect(visitor.page.locator("#editing button")).to_be_visible()
    assert faint(visitor) == []
