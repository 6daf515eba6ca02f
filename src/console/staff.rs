//! The pages for staff: sign-in, the rep's desk, the supervisors' board and held mail. The live parts fill themselves over `/api/v1/live`.

use askama::Template;

/// Asked for at `/desk`, `/board` or `/held` by someone who is not signed in. Its script posts to `/api/v1/session` and then loads the
/// same address again, so it needs no "next" that could be forged.
#[derive(Clone, Debug, Template)]
#[template(path = "sign-in.html", config = "src/console/askama.toml")]
pub struct SignIn<'a> {
    /// The programme's name, for example `Portland 311`.
    pub programme: &'a str,
    /// What stands above the form in place of nothing, for example that the board is for supervisors.
    pub notice: Option<&'a str>,
}

/// The rep's console.
#[derive(Clone, Debug, Template)]
#[template(path = "desk.html", config = "src/console/askama.toml")]
pub struct Desk<'a> {
    pub programme: &'a str,
    pub display: &'a str,
    /// Shows the way to the board.
    pub supervisor: bool,
}

/// The supervisors' board.
#[derive(Clone, Debug, Template)]
#[template(path = "board.html", config = "src/console/askama.toml")]
pub struct Board<'a> {
    pub programme: &'a str,
    pub display: &'a str,
}

/// Mail that supervisors decide on, and deliveries that did not arrive.
#[derive(Clone, Debug, Template)]
#[template(path = "held.html", config = "src/console/askama.toml")]
pub struct Held<'a> {
    pub programme: &'a str,
    pub display: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::asset;
    use std::collections::BTreeSet;

    const NAME: &str = "Ana <b onclick=\"x\">'Ruiz'</b>";

    fn pages() -> [String; 4] {
        let sign_in = SignIn { programme: NAME, notice: Some(NAME) };
        let desk = Desk { programme: NAME, display: NAME, supervisor: true };
        let board = Board { programme: NAME, display: NAME };
        let held = Held { programme: NAME, display: NAME };
        [sign_in.render().unwrap(), desk.render().unwrap(), board.render().unwrap(), held.render().unwrap()]
    }

    /// What stands in quotes after each `before`.
    fn quoted<'a>(text: &'a str, before: &'a str, quote: char) -> impl Iterator<Item = &'a str> {
        text.split(before).skip(1).filter_map(move |rest| rest.split(quote).next())
    }

    #[test]
    fn a_name_is_text_and_nothing_else() {
        for page in pages() {
            assert!(page.contains("Ana &#60;b onclick=&#34;x&#34;&#62;"), "the name is there, escaped");
            assert!(!page.contains("<b onclick"), "{page}");
        }
    }

    #[test]
    fn the_way_to_the_board_is_shown_to_supervisors_only() {
        let desk = |supervisor| Desk { programme: "P", display: "D", supervisor }.render().unwrap();
        assert!(desk(true).contains("data-supervisor"));
        assert!(!desk(false).contains("data-supervisor"));
    }

    #[test]
    fn every_script_and_style_that_a_page_asks_for_is_in_the_binary() {
        for page in pages() {
            let named: Vec<&str> = quoted(&page, "\"/assets/", '"').collect();
            assert!(named.len() >= 4, "the walk found what the page asks for: {named:?}");
            for path in named {
                assert!(asset(path).is_some(), "no asset {path}");
                imported(path.to_owned());
            }
        }
    }

    /// A module and all that it imports, directly or not. Panics when one of them is missing.
    fn imported(entry: String) -> BTreeSet<String> {
        let (mut wanted, mut seen) = (vec![entry], BTreeSet::new());
        while let Some(path) = wanted.pop() {
            let file = asset(&path).unwrap_or_else(|| panic!("no asset {path}"));
            if !path.ends_with(".js") || !seen.insert(path.clone()) {
                continue;
            }
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let script = String::from_utf8(file.bytes.into_owned()).unwrap();
            let imports =
                script.lines().filter(|line| line.starts_with("import ")).flat_map(|l| quoted(l, " from '", '\''));
            wanted.extend(imports.map(|import| below(folder, import)));
        }
        seen
    }

    /// Modules name each other file by file; named here, they come all at once instead of one round trip after another.
    #[test]
    fn a_page_asks_at_once_for_every_module_it_will_need() {
        let [_, desk, board, held] = pages();
        for (page, entry) in [(desk, "desk.js"), (board, "board.js"), (held, "held.js")] {
            let named: BTreeSet<String> =
                quoted(&page, "rel=\"modulepreload\" href=\"/assets/", '"').map(str::to_owned).collect();
            let mut needed = imported(entry.to_owned());
            needed.remove(entry);
            assert_eq!(named, needed, "the modulepreload links of the page of {entry}");
        }
    }

    /// A relative import, as a path below `/assets/`.
    fn below(folder: &str, import: &str) -> String {
        match import.strip_prefix("../") {
            Some(rest) => rest.to_owned(),
            None => format!("{folder}/{}", import.trim_start_matches("./")).trim_start_matches('/').to_owned(),
        }
    }
}
