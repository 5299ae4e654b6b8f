from tools.readers.xml import read_xml
from tools.web.page import Link

RSS = b"""<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
<title>Harbour News</title><link>https://h.example/</link>
<item><title>Ferry &amp; fares</title><link>https://h.example/ferry</link><pubDate>Mon, 6 May 2024</pubDate>
<description><![CDATA[<p>Fares rise by <b>9%</b>.</p><script>x()</script>]]></description></item>
<item><title>No link</title><guid>1</guid></item></channel></rss>"""
ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom"><title>Notes</title><entry><title>One</title>
<link href="https://n.example/1"/><updated>2024-05-06</updated><summary>Short.</summary></entry></feed>"""


def test_a_feed_is_a_list_of_its_entries():
    document = read_xml(RSS)
    assert document.title == "Harbour News"
    assert "## [Ferry & fares](https://h.example/ferry)\n\nMon, 6 May 2024\n\nFares rise by 9% ." in document.text
    assert "## No link" in document.text
    assert document.links == [Link("Ferry & fares", "https://h.example/ferry")]


def test_an_atom_feed_too():
    document = read_xml(ATOM)
    assert (document.title, document.text) == ("Notes", "## [One](https://n.example/1)\n\n2024-05-06\n\nShort.")


def test_other_xml_is_an_outline():
    document = read_xml(b'<urlset><url id="1"><loc>https://h.example/a</loc></url><!-- no --><empty/></urlset>')
    assert document.text == 'urlset\n  url id="1"\n    loc: https://h.example/a\n  empty'
    assert document.links == [Link("", "https://h.example/a")]


def test_entities_are_not_expanded_and_files_not_read():
    bomb = b'<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><a>&c;&c;&c;</a>'
    assert "bbb" not in read_xml(bomb).text
    assert "root:" not in read_xml(b'<!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/passwd">]><a>&f;</a>').text


def test_broken_xml_is_read_as_far_as_it_goes():
    assert "flour" in read_xml(b"<a><b>flour</b><c>").text
    assert read_xml(b"<?xml version='1.0'?>").text == "<?xml version='1.0'?>"
