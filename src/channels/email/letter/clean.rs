//! Words made fit for a letter: names and subjects of one clean line, texts with plain line ends, HTML, message ids.

/// Names and subjects are cut at this many characters.
pub const LINE_MAX: usize = 128;
/// A longer id is no id; real ones have fewer than a hundred bytes.
const ID_MAX: usize = 250;
/// How many ids `References` keeps: the first of the thread and the newest.
const REFERENCES: usize = 10;
/// The `References` header stays below one line's limit (RFC 5322 §2.1.1), name and folding included.
const REFERENCES_BYTES: usize = 900;

/// A name or subject: one line, nothing that ends it, turns it round or pretends to be encoded, at most [`LINE_MAX`] characters.
pub fn line(text: &str) -> String {
    let separated = text.chars().map(|c| if is_break(c) { ' ' } else { c }).filter(|c| !is_turn(*c));
    let words = separated.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ");
    // "=?" opens an encoded word (RFC 2047 §2): in what somebody typed it is only ever a disguise
    let words = words.replace("=?", "= ?");
    words.chars().take(LINE_MAX).collect::<String>().trim_end().to_owned()
}

/// The subject of an answer: the customer's, unchanged, with one `Re:` in front.
pub fn answering(subject: &str) -> String {
    let subject = line(subject);
    let answers = subject.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("re:"));
    if answers { subject } else { line(&format!("Re: {subject}")) }
}

/// C0, C1, DEL and the separators of Unicode.
fn is_break(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Overrides and isolates of writing direction (Unicode TR 9 §2): they can make a name read as another.
fn is_turn(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// A file's name without what a path or a header is made of.
pub fn file_name(name: &str) -> String {
    let name: String = line(name).chars().map(|c| if matches!(c, '/' | '\\' | '"' | ':') { '_' } else { c }).collect();
    let name = name.trim_start_matches(['.', ' ']);
    if name.is_empty() { "file".to_owned() } else { name.to_owned() }
}

/// A text of several lines: every line end is `\n`, no other control character but the tab.
pub fn text(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect::<String>().trim_end().to_owned()
}

/// The paragraphs of a clean text as HTML: `<p>` for what blank lines part, `<br>` for a line end.
pub fn html(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + 64);
    let mut paragraph: Vec<&str> = Vec::new();
    for line in text.lines().chain([""]) {
        if !line.trim().is_empty() {
            paragraph.push(line);
        } else if !paragraph.is_empty() {
            html += "<p>";
            html += &paragraph.drain(..).map(escape).collect::<Vec<_>>().join("<br>\n");
            html += "</p>\n";
        }
    }
    html
}

/// For text and attributes.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '"' => safe += "&quot;",
            '\'' => safe += "&#39;",
            c => safe.push(c),
        }
    }
    safe
}

/// Languages written from right to left, by their tag.
pub fn direction(language: &str) -> &'static str {
    match language.split('-').next().unwrap_or_default() {
        "ar" | "fa" | "he" | "ur" | "ps" | "ckb" | "yi" | "dv" | "sd" | "ug" => "rtl",
        _ => "ltr",
    }
}

/// A tag as BCP 47 has it; `None` for anything else, which then says nothing.
pub fn language(tag: &str) -> Option<&str> {
    let part = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
    (tag.len() <= 35 && tag.split('-').all(part)).then_some(tag)
}

/// `left@right` in visible ASCII, as ids are (RFC 5322 §3.6.4), without the angle brackets it may come in; `None` for what is
/// no id.
pub fn message_id(id: &str) -> Option<&str> {
    let id = id.trim();
    let id = id.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).unwrap_or(id);
    let visible = |b: u8| b.is_ascii_graphic() && !matches!(b, b'<' | b'>');
    let (left, right) = id.split_once('@')?;
    (id.len() <= ID_MAX && id.bytes().all(visible) && !left.is_empty() && !right.is_empty()).then_some(id)
}

/// The thread as `References` tells it: the first id and the newest nine, fewer when they are long; no id twice, and nothing
/// that is not one.
pub fn references(thread: &[String]) -> Option<String> {
    let thread = thread.iter().filter_map(|id| message_id(id));
    let first = thread.clone().next()?;
    let mut ids: Vec<&str> = Vec::new();
    for id in thread {
        ids.retain(|known| *known != id); // the newest place counts
        ids.push(id);
    }
    ids.retain(|id| *id != first);
    ids.insert(0, first);
    let bytes = |ids: &[&str]| ids.iter().map(|id| id.len() + "<> ".len()).sum::<usize>();
    while ids.len() > 1 && (ids.len() > REFERENCES || bytes(&ids) > REFERENCES_BYTES) {
        ids.remove(1);
    }
    Some(ids.iter().map(|id| format!("<{id}>")).collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line_that_reads_as_it_was_meant() {
        assert_eq!(line("n\r\nBcc: e@e.org"), "n Bcc: e@e.org");
        assert_eq!(line(" \u{0}\u{85}\u{2028} Ana\t\tLópez \u{7f}"), "Ana López");
        assert_eq!(line("abc\u{202E}fdp.exe\u{2066}"), "abcfdp.exe");
        assert_eq!(line("=?utf-8?q?hidden?="), "= ?utf-8?q?hidden?=");
        assert_eq!(line(&"ж ".repeat(300)).chars().count(), LINE_MAX - 1, "cut, and no space left over");
        assert_eq!((answering("Loch\r\n"), answering("RE: Loch")), ("Re: Loch".into(), "RE: Loch".into()));
        assert_eq!((answering("Яма"), answering("")), ("Re: Яма".into(), "Re:".into()));
        assert_eq!(file_name("../../etc/\"x\":y"), "_.._etc__x__y");
        assert_eq!(file_name("\u{202E}"), "file");
    }

    #[test]
    fn text_becomes_paragraphs_that_cannot_become_markup() {
        assert_eq!(text("a\r\nb\rc\n\u{1b}[31m\u{0}d\n\n"), "a\nb\nc\n[31md");
        assert_eq!(html("a\nb <i>\n\n\n&c"), "<p>a<br>\nb &lt;i&gt;</p>\n<p>&amp;c</p>\n");
        assert_eq!(html(""), "");
        assert_eq!((direction("ar-EG"), direction("arn"), direction("zh-Hant")), ("rtl", "ltr", "ltr"));
        assert_eq!((language("zh-Hant"), language("en\r\nX: y"), language("")), (Some("zh-Hant"), None, None));
    }

    #[test]
    fn a_thread_is_told_by_its_first_and_newest_letters() {
        let id = |n: usize| format!("<{n}@x.example>");
        let thread: Vec<String> = (1..=30).map(id).collect();
        let told = references(&thread).unwrap();
        let wanted: Vec<String> = [1].into_iter().chain(22..=30).map(id).collect();
        assert_eq!(told, wanted.join(" "));
        let long: Vec<String> = (0..9).map(|n| format!("<{}{n}@x>", "a".repeat(200))).collect();
        let told = references(&long).unwrap();
        assert!(told.len() < 998 - "References: ".len() && told.starts_with(&long[0]) && told.ends_with(&long[8]));
        let dirty = ["<a@b>", "no id", "<a@b>\r\nBcc: x", "<a b@c>", "<@>", "c@d", "<a@b>"].map(String::from);
        assert_eq!(references(&dirty).unwrap(), "<a@b> <c@d>");
        assert_eq!(references(&[]), None);
    }
}
