//! The staff's routes and the one gate before them: each route states its action, and the policy is asked before its handler runs.

use super::policy::{Action, Decision, Relation, Subject, allow};
use super::refusal::no_such_contact;
use super::session::{Sessions, SignedIn, forbidden, not_signed_in};
use crate::console::problem::Problem;
use crate::daemon::{Failure, Handle};
use crate::routing::ids::{ContactId, RepId};
use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use std::collections::HashMap;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

/// One route, as the tests and `/openapi.json` list it.
#[derive(Clone, Debug)]
pub struct Route {
    pub method: Method,
    pub path: &'static str,
    pub action: Action,
    /// What it does, in one sentence.
    pub about: &'static str,
    pub takes: Option<Shape>,
    pub gives: Option<Shape>,
}

/// A JSON body as `/openapi.json` describes it.
#[derive(Clone)]
pub struct Shape {
    pub name: String,
    pub schema: fn() -> RefOr<Schema>,
    pub parts: fn(&mut Vec<(String, RefOr<Schema>)>),
    pub list: bool,
}

impl Shape {
    fn of<T: ToSchema>(list: bool) -> Shape {
        Shape { name: T::name().into_owned(), schema: T::schema, parts: T::schemas, list }
    }
}

impl std::fmt::Debug for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

/// Routes that stand on one thing, each with its action. There is no way to add a route without one.
pub struct Routes<S> {
    router: Router<S>,
    routes: Vec<Route>,
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    #[allow(clippy::new_without_default)]
    pub fn new() -> Routes<S> {
        Routes { router: Router::new(), routes: Vec::new() }
    }

    pub fn get<H, T>(self, path: &'static str, action: Action, handler: H, about: &'static str) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.route(Method::GET, path, action, on(MethodFilter::GET, handler), about)
    }
    pub fn post<H, T>(self, path: &'static str, action: Action, handler: H, about: &'static str) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.route(Method::POST, path, action, on(MethodFilter::POST, handler), about)
    }
    pub fn put<H, T>(self, path: &'static str, action: Action, handler: H, about: &'static str) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.route(Method::PUT, path, action, on(MethodFilter::PUT, handler), about)
    }
    pub fn delete<H, T>(self, path: &'static str, action: Action, handler: H, about: &'static str) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.route(Method::DELETE, path, action, on(MethodFilter::DELETE, handler), about)
    }

    fn route(
        mut self,
        method: Method,
        path: &'static str,
        action: Action,
        handler: MethodRouter<S>,
        about: &'static str,
    ) -> Self {
        self.router = self.router.route(path, handler);
        self.routes.push(Route { method, path, action, about, takes: None, gives: None });
        self
    }

    /// The route just added takes this body.
    pub fn takes<T: ToSchema>(self) -> Self {
        self.last(|route| route.takes = Some(Shape::of::<T>(false)))
    }
    /// The route just added answers with this body.
    pub fn gives<T: ToSchema>(self) -> Self {
        self.last(|route| route.gives = Some(Shape::of::<T>(false)))
    }
    /// The route just added answers with a list of these.
    pub fn lists<T: ToSchema>(self) -> Self {
        self.last(|route| route.gives = Some(Shape::of::<T>(true)))
    }

    fn last(mut self, note: impl FnOnce(&mut Route)) -> Self {
        note(self.routes.last_mut().expect("said of a route"));
        self
    }

    pub fn into_routes(self) -> Vec<Route> {
        self.routes
    }

    /// With what they stand on, behind the gate.
    pub fn behind(self, gate: &Gate, state: S) -> Router {
        let actions = self.routes.iter().map(|r| ((r.method.clone(), r.path), r.action)).collect();
        let gate = Gate { actions: Arc::new(actions), ..gate.clone() };
        self.router.layer(from_fn_with_state(gate, pass)).with_state(state)
    }
}

/// Asks, for every request, who sends it and whether they may.
#[derive(Clone)]
pub struct Gate {
    sessions: Sessions,
    handle: Handle,
    actions: Arc<HashMap<(Method, &'static str), Action>>,
}

impl Gate {
    pub fn new(sessions: Sessions, handle: Handle) -> Gate {
        Gate { sessions, handle, actions: Arc::default() }
    }

    async fn judge(&self, action: Action, path: &str, request: &mut Request) -> Result<(), Problem> {
        let who = self.sessions.find(request.headers()).await?;
        let subject = who.as_ref().map_or(Subject::Visitor, |who| Subject::Staff(who.role()));
        let relation = match (&who, contact_in(path, request.uri().path())) {
            (Some(who), Some(contact)) => relation(&self.handle, who.id(), contact?).await?,
            _ => Relation::Nothing,
        };
        match allow(subject, action, relation) {
            Decision::Allow => {}
            Decision::SignIn => return Err(not_signed_in()),
            Decision::Forbid => return Err(forbidden()),
            Decision::Hide => return Err(no_such_contact()),
        }
        request.extensions_mut().insert(relation);
        if let Some(who) = who {
            request.extensions_mut().insert(Arc::<SignedIn>::new(who));
        }
        Ok(())
    }
}

async fn pass(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    let method = if request.method() == Method::HEAD { Method::GET } else { request.method().clone() };
    let path = request.extensions().get::<MatchedPath>().cloned();
    let action = path.as_ref().and_then(|path| gate.actions.get(&(method, path.as_str())));
    let (Some(action), Some(path)) = (action, &path) else {
        return next.run(request).await; // no handler stands behind this method: the router answers 405
    };
    match gate.judge(*action, path.as_str(), &mut request).await {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

/// The contact that the address names, when its pattern says that it names one.
fn contact_in(pattern: &str, path: &str) -> Option<Result<ContactId, Problem>> {
    let at = pattern.split('/').zip(path.split('/')).skip_while(|(word, _)| *word != "contacts").nth(1);
    let (_, text) = at.filter(|(word, _)| *word == "{id}")?;
    Some(text.parse().map(ContactId).map_err(|_| no_such_contact()))
}

/// How a member of staff stands to a contact.
pub async fn relation(handle: &Handle, who: RepId, id: ContactId) -> Result<Relation, Failure> {
    let open = handle.read(move |engine, _| {
        let contact = engine.contact(id)?;
        Some(match contact.owner() {
            Some(owner) if owner == who => Relation::Own,
            Some(_) => Relation::Other,
            None if engine.offered_to(id).contains(&who) => Relation::Offered,
            None => Relation::Unowned,
        })
    });
    if let Some(relation) = open.await? {
        return Ok(relation);
    }
    let row = handle.rows(move |rows| rows.contact(id)).await?;
    Ok(match row {
        None => Relation::Unknown,
        Some(row) if row.last_rep == Some(who) => Relation::Past,
        Some(_) => Relation::Other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contact_is_read_from_the_address() {
        let named = |pattern, path| contact_in(pattern, path).map(|c| c.ok());
        assert_eq!(named("/api/v1/contacts/{id}/park", "/api/v1/contacts/7/park"), Some(Some(ContactId(7))));
        assert_eq!(named("/api/v1/contacts/{id}", "/api/v1/contacts/seven"), Some(None));
        assert_eq!(named("/api/v1/contacts/{id}", "/api/v1/contacts/-7"), Some(None));
        assert_eq!(named("/api/v1/contacts", "/api/v1/contacts"), None);
        assert_eq!(named("/api/v1/offers/{id}/accept", "/api/v1/offers/7/accept"), None);
    }
}
