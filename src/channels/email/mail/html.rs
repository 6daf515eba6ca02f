//! HTML mail: as text, cut where the quotation begins, and made safe for a rep who asks to see it as it came.

use super::guard::guarded;
use mail_parser::decoders::html::html_to_text;
use std::collections::BTreeMap;

/// Ahead of the sanitiser, whose work grows with the square of the depth.
pub const HTML_MOST: usize = 256 * 1024;
const DEPTH_MOST: usize = 256;
const TAG_MOST: usize = 16 * 1024;
/// Formatting tags left open are opened again in every paragraph that follows; so many times at most in all.
const REOPENED_MOST: usize = 100_000;

/// Where a mail program begins its quotation.
const QUOTE_MARKS: &[&str] = &[
    "class=\"gmail_quote",
    "class=\"gmail_attr",
    "class=\"gmail_extra",
    "<blockquote type=\"cite\"",
    "id=\"divrplyfwdmsg\"",
    "id=\"appendonsend\"",
    "id=\"mail-editor-reference-message-container\"",
    "class=\"moz-cite-prefix",
    "class=\"yahoo_quoted",
    "class=\"protonmail_quote",
    "class=\"zmail_extra",
    "id=\"reply-intro\"",
    "id=\"isforwardcontent\"",
    "style=\"border:none;border-top:solid #e1e1e1 1.0pt",
    "style='border:none;border-top:solid #e1e1e1 1.0pt",
    "style='border:none;border-top:solid #b5c4df 1.0pt",
];

/// Elements that hold nothing, and those that end by themselves where the next begins: neither adds depth.
const FLAT: &[&str] = &[
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr", "p",
    "li", "dt", "dd", "option", "tr", "td", "th", "thead", "tbody", "tfoot", "colgroup",
];

const FORMATTING: &[&str] =
    &["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];

/// Tags that begin or end a line of their own.
const BLOCKS: &[&str] = &[
    "div",
    "p",
    "tr",
    "li",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "blockquote",
    "table",
    "ul",
    "ol",
    "pre",
    "center",
    "section",
    "hr",
];

/// Stands for the edge of a block until the text is there: a line ends here, unless it is empty anyway.
const EDGE: char = '\u{e000}';

/// Readable text: one line per block, an empty line behind a paragraph, entities resolved, scripts and styles gone. Linear in its input.
pub fn to_text(html: &str) -> String {
    let mut prepared = String::with_capacity(html.len() + html.len() / 8);
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at(at);
        prepared.push_str(before);
        let name = tag_name(tag);
        if BLOCKS.contains(&name.trim_start_matches('/')) {
            prepared.push(EDGE);
        } else if matches!(name.as_str(), "/td" | "/th") {
            prepared.push(' ');
        }
        prepared.push('<');
        rest = &tag[1..];
    }
    prepared.push_str(rest);
    let mut text = String::with_capacity(prepared.len());
    for c in html_to_text(&prepared).chars() {
        if c == '\n' || c == EDGE {
            text.truncate(text.trim_end_matches([' ', '\t', '\u{a0}']).len());
        }
        match c {
            EDGE if text.is_empty() || text.ends_with('\n') => {}
            EDGE => text.push('\n'),
            ' ' if text.ends_with('\n') => {}
            c => text.push(c),
        }
    }
    text.trim().to_string()
}

/// The name in `<name …` or `</name …`, in lower case, its slash kept.
fn tag_name(tag: &str) -> String {
    let inside = &tag[1..];
    let slash = inside.starts_with('/');
    let end = inside.char_indices().skip(usize::from(slash)).find(|(_, c)| !c.is_ascii_alphanumeric());
    inside[..end.map_or(inside.len(), |(at, _)| at).min(20)].to_ascii_lowercase()
}

/// What stands before the first mark of a quotation, and the rest. `None` without a mark.
pub fn split_quotation(html: &str) -> Option<(&str, &str)> {
    // Only ASCII changes, so places stay the same.
    let lower = html.to_ascii_lowercase();
    let mark = QUOTE_MARKS.iter().filter_map(|mark| lower.find(mark)).min()?;
    let tag = lower[..=mark].rfind('<')?;
    Some(html.split_at(tag))
}

/// HTML that runs nothing, loads nothing and shows where links go; to be put in a sandboxed frame all the same. `None`
/// when it is too large or too tangled to be worth the risk: the text is always there. Blocks up to 5 s.
pub fn sanitised(html: &str) -> Option<String> {
    within_measure(html).then(|| html.to_string()).and_then(|html| guarded(move || clean(&html)).ok())
}

fn clean(html: &str) -> String {
    ammonia::Builder::default()
        // A picture elsewhere tells its sender when and where the mail was read.
        .rm_tags(["img", "map", "area"])
        .add_generic_attributes(["dir"])
        .url_schemes(["https", "http", "mailto", "tel"].into())
        .url_relative(ammonia::UrlRelative::Deny)
        .link_rel(Some("noopener noreferrer nofollow"))
        .set_tag_attribute_value("a", "target", "_blank")
        .clean(html)
        .to_string()
}

/// Size, length of tags, depth, and how often formatting would be opened again, each counted high rather than low.
fn within_measure(html: &str) -> bool {
    if html.len() > HTML_MOST {
        return false;
    }
    let mut open: BTreeMap<String, usize> = BTreeMap::new();
    let (mut depth, mut formatting, mut reopened) = (0usize, 0usize, 0usize);
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let tag = &rest[at..];
        let end = tag.find('>').map_or(tag.len(), |end| end + 1);
        if end > TAG_MOST {
            return false;
        }
        let name = tag_name(tag);
        rest = &tag[1..];
        reopened += formatting;
        if let Some(name) = name.strip_prefix('/') {
            if let Some(count) = open.get_mut(name).filter(|count| **count > 0) {
                *count -= 1;
                depth -= 1;
                formatting -= usize::from(FORMATTING.contains(&name));
            }
        } else if name.starts_with(|c: char| c.is_ascii_alphabetic()) && !FLAT.contains(&name.as_str()) {
            depth += 1;
            formatting += usize::from(FORMATTING.contains(&name.as_str()));
            *open.entry(name).or_default() += 1;
        }
        if depth > DEPTH_MOST || reopened > REOPENED_MOST {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_lines_and_cells_are_words() {
        let html = "<style>p{}</style><div>Hello&nbsp;&amp; welcome</div><div><br></div><div>a<b>b</b></div><table><tr><td>1</td><td>2</td></tr></table>";
        assert_eq!(to_text(html), "Hello\u{a0}& welcome\n\nab\n1 2");
        assert_eq!(to_text("<p>uno</p><p>dos<br>tres"), "uno\n\ndos\ntres");
        assert_eq!(to_text("a < b <"), "a");
    }

    #[test]
    fn what_could_act_or_be_fetched_is_gone() {
        let gone = [
            "<script>alert(1)</script>",
            "<img src=https://evil.example/pixel.gif>",
            "<img src=x onerror=alert(1)>",
            "<svg><script>1</script></svg>",
            "<a href=\"javascript:alert(1)\">x</a>",
            "<a href=\"data:text/html,x\">x</a>",
            "<p style=\"background:url(https://evil.example)\" onclick=x class=y id=z>t</p>",
            "<iframe src=https://evil.example></iframe><form action=https://evil.example><input></form>",
            "<link rel=stylesheet href=https://evil.example><meta http-equiv=refresh content=0><base href=//evil.example>",
            "<math><mtext><style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
        ];
        for html in gone {
            let safe = sanitised(html).expect("small");
            for word in ["evil", "alert", "script", "onerror", "style", "<img", "data:"] {
                let inert = safe.replace("&lt;", "").replace("&gt;", "");
                assert!(!safe.contains(word) || !inert.contains('<'), "{html} became {safe}");
            }
        }
        let link = sanitised("<p dir=rtl><a href=https://example.org>x</a></p>").expect("small");
        assert!(link.contains("rel=\"noopener noreferrer nofollow\"") && link.contains("dir=\"rtl\""), "{link}");
    }

    #[test]
    fn what_would_take_long_is_not_tried() {
        assert_eq!(sanitised(&"<b><div>".repeat(20_000)), None, "deep");
        let wide = format!("<a {}>", (0..100_000).map(|n| format!("a{n}=1 ")).collect::<String>());
        assert_eq!(sanitised(&wide), None, "one tag with 100,000 attributes");
        let fonts: String = (0..200).map(|n| format!("<font a={n}>")).collect();
        assert_eq!(sanitised(&(fonts + &"<p>x".repeat(50_000))), None, "formatting opened again in each paragraph");
        assert!(sanitised(&"<div><p>text <b>bold</b></p></div>".repeat(5_000)).is_some(), "long and plain");
    }

    #[test]
    fn the_quotation_is_found_by_its_mark() {
        let (new, old) = split_quotation("<div>Hi</div><div dir=ltr CLASS=\"gmail_quote\">On…").expect("a mark");
        assert_eq!((new, &old[..4]), ("<div>Hi</div>", "<div"));
        assert!(split_quotation("<p>gmail_quote</p>").is_none());
    }
}
