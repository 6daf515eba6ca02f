//! Every public page in every language: its language and direction, its texts, its ties and its house rules.

use crate::Office;
use steelbridge::catalogue::{Catalogue, TOPICS};
use steelbridge::texts::Texts;

/// Addresses of all pages that anybody can open, and of one request's page.
async fn addresses(office: &Office) -> Vec<String> {
    let forms =
        Catalogue::shipped().services().iter().map(|service| format!("/forms/{}", service.code)).collect::<Vec<_>>();
    let request = office.request("Is anybody there?").await;
    ["/".to_owned(), "/forms".to_owned(), request].into_iter().chain(forms).collect()
}

#[tokio::test]
async fn every_page_is_there_in_every_language_and_says_which() {
    let office = Office::open().await;
    let texts = Texts::load().unwrap();
    for path in addresses(&office).await {
        for t in texts.all() {
            let page = office.page(&format!("{path}?lang={}", t.code)).await;
            assert!(page.contains(&format!("<html lang=\"{}\" dir=\"{}\"", t.code, t.dir)), "{path} {}", t.code);
            assert!(page.contains("tel:911"), "{path} says what to do in an emergency");
            assert!(page.contains("503-823-4000"), "{path} says whom to call");
            for other in texts.all() {
                assert!(page.contains(&format!(" lang=\"{}\" dir=\"{}\"", other.code, other.dir)));
                assert!(page.contains(&other.name), "languages by their own names");
            }
        }
    }
}

#[tokio::test]
async fn the_language_follows_the_browser_and_the_persons_choice_follows_them() {
    let office = Office::open().await;
    let page = office.client.get(&office.base).header("accept-language", "uk,en;q=0.5").send().await.unwrap();
    let page = page.text().await.unwrap();
    assert!(page.contains("<html lang=\"uk\"") && page.contains("href=\"/forms?lang=uk\""));
    let page =
        office.client.get(format!("{}/?lang=so", office.base)).header("accept-language", "uk").send().await.unwrap();
    assert!(page.text().await.unwrap().contains("<html lang=\"so\""));
    assert!(office.page("/?lang=tlh").await.contains("<html lang=\"en\""));
}

#[tokio::test]
async fn every_field_has_its_label_and_every_id_is_there_once() {
    let office = Office::open().await;
    for path in addresses(&office).await {
        let page = office.page(&path).await;
        let values = |name: &str| {
            let start = format!(" {name}=\"");
            page.split(&start).skip(1).map(|part| part.split('"').next().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let mut ids = values("id");
        let labels = values("for");
        for tag in ["<input ", "<textarea ", "<select "] {
            for field in page.split(tag).skip(1).map(|part| part.split('>').next().unwrap()) {
                if field.contains("type=\"hidden\"") || field.contains("type=\"radio\"") {
                    continue; // a radio button stands inside its label
                }
                let id = field.split("id=\"").nth(1).and_then(|part| part.split('"').next());
                assert!(id.is_some_and(|id| labels.iter().any(|label| label == id)), "{path}: {field}");
            }
        }
        for named in labels.iter().chain(&values("aria-labelledby")) {
            assert!(ids.contains(named), "{path}: {named}");
        }
        for described in values("aria-describedby").iter().flat_map(|ids| ids.split(' ')) {
            assert!(ids.iter().any(|id| id == described), "{path}: {described}");
        }
        let count = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), count, "{path}: an id is there twice");
        assert_eq!(page.matches("<h1").count(), 1, "{path}");
        assert!(
            !page.contains(" style=") && !page.contains("<style") && !page.contains(" onclick="),
            "{path}: strict CSP"
        );
    }
}

#[tokio::test]
async fn every_text_a_page_asks_for_is_there() {
    let texts = Texts::load().unwrap();
    let pages = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
    let mut asked: Vec<String> = TOPICS.map(|topic| format!("topic-{topic}")).to_vec();
    asked.extend((1..=7).map(|day| format!("weekday-{day}")));
    let mut folders = vec![std::path::PathBuf::from(pages)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let Ok(source) = std::fs::read_to_string(&path) else { continue };
            let source = source.split("#[cfg(test)]").next().unwrap();
            for call in ["t.text(\"", "t.say(\""] {
                let at = source.match_indices(call).filter(|(at, _)| !source[..*at].ends_with(char::is_alphanumeric));
                asked.extend(at.map(|(at, _)| source[at + call.len()..].split('"').next().unwrap().to_owned()));
            }
        }
    }
    assert!(asked.len() > 100, "the walk found the pages");
    for key in asked {
        assert!(texts.get("en").has(&key), "`{key}` is asked for and is no text");
    }
}

#[tokio::test]
async fn the_catalogue_speaks_every_language_of_the_pages() {
    let catalogue = Catalogue::shipped();
    for t in Texts::load().unwrap().all() {
        assert!(catalogue.languages().any(|language| language == t.code), "{}", t.code);
    }
}
