//! smoke
mod axe;
mod screen;
use screen::Screen;

#[tokio::test(flavor = "multi_thread")]
async fn smoke() {
    use std::io::{Read, Write};
    let l = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", l.local_addr().unwrap());
    std::thread::spawn(move || {
        for s in l.incoming() {
            std::thread::spawn(move || {
                let mut s = s.unwrap();
                let mut b = [0; 4096];
                let n = s.read(&mut b).unwrap();
                println!(
                    "{}",
                    String::from_utf8_lossy(&b[..n])
                        .lines()
                        .filter(|l| l.to_lowercase().starts_with("accept-language")
                            || l.starts_with("GET")
                            || l.starts_with("POST"))
                        .collect::<Vec<_>>()
                        .join(" ")
                );
                let body = "<!doctype html><html><head><title>x</title><noscript>no</noscript></head><body><p>Hola</p><img src=x><form method=post action=/x><input name=text id=t><button>Send</button></form><script>document.body.append('SCRIPT')</script></body></html>";
                write!(s, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Security-Policy: default-src 'none'; script-src 'self'\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}", body.len(), body).unwrap();
            });
        }
    });
    let t = std::time::Instant::now();
    let s = Screen::new(&base, "es").await;
    println!("start {:?}", t.elapsed());
    s.opens("/").await;
    s.sees("Hola").await;
    println!("{:#?}", s.barriers("x").await);
    println!("{:?}", s.complaints().await);
    s.is_narrow(true).await;
    println!("{}", s.asks("return innerWidth").await);
    s.is_pictured("smoke").await;
    s.fills("[name=text]", "hey").await;
    s.clicks("button").await;
    s.sees("Hola").await;
    s.leaves().await;
    println!("left {:?}", t.elapsed());
    let s = Screen::without_scripts(&base, "ar").await;
    s.opens("/").await;
    s.sees("Hola").await;
    s.fills("[name=text]", "hey").await;
    s.clicks("button").await;
    s.sees("Hola").await;
    println!("{:?}", s.text().await);
    println!("all {:?}", t.elapsed());
}
