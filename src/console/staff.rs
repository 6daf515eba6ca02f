//! The pages for staff: sign-in, the rep's desk and the supervisors' board. The live parts fill themselves over `/api/v1/live`.

use askama::Template;

/// Asked for at `/desk` or `/board` by someone who is not signed in. Its script posts to `/api/v1/session` and then loads the
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
