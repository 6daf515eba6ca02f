//! `/openapi.json`: the API described from the very list its routes are made of, so that no route can be left out.

use super::gate::{Route, Shape};
use super::policy::Action;
use axum::http::Method;
use std::collections::BTreeMap;
use utoipa::openapi::path::{HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn, PathsBuilder};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{ArrayBuilder, Ref, Schema};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, ObjectBuilder, OpenApiBuilder, PathItem, RefOr, Required,
    ResponseBuilder, ResponsesBuilder, Type,
};

/// The whole description as JSON.
pub fn document(routes: &[Route]) -> String {
    let about = "All times are integers: microseconds since 1970-01-01 UTC. Unknown fields are refused. \
                 Errors are problem details (RFC 9457).";
    let info = InfoBuilder::new().title("steelbridge").version(env!("CARGO_PKG_VERSION")).description(Some(about));
    let mut items: BTreeMap<&str, PathItem> = BTreeMap::new();
    let mut schemas = BTreeMap::from([("Problem".to_owned(), problem())]);
    for route in routes {
        let operation = operation(route, &mut schemas);
        let item = PathItem::new(method(&route.method), operation);
        match items.get_mut(route.path) {
            Some(there) => there.merge_operations(item),
            None => {
                items.insert(route.path, item);
            }
        }
    }
    let paths = items.into_iter().fold(PathsBuilder::new(), |paths, (path, item)| paths.path(path, item));
    let components = schemas.into_iter().fold(ComponentsBuilder::new(), |all, (name, schema)| all.schema(name, schema));
    let api =
        OpenApiBuilder::new().info(info.build()).paths(paths.build()).components(Some(components.build())).build();
    api.to_json().expect("plain data always serialises")
}

fn operation(route: &Route, schemas: &mut BTreeMap<String, RefOr<Schema>>) -> OperationBuilder {
    let mut operation = OperationBuilder::new().summary(Some(route.about)).tag(format!("{:?}", route.action));
    for name in route.path.split('/').filter_map(|word| word.strip_prefix('{')?.strip_suffix('}')) {
        let kind = if name == "id" { Type::Integer } else { Type::String };
        let schema = ObjectBuilder::new().schema_type(kind).build();
        let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path).required(Required::True);
        operation = operation.parameter(parameter.schema(Some(schema)).build());
    }
    if let Some(shape) = &route.takes {
        let content = ContentBuilder::new().schema(Some(refer(shape, schemas))).build();
        let body = RequestBodyBuilder::new().content("application/json", content).required(Some(Required::True));
        operation = operation.request_body(Some(body.build()));
    }
    let mut done = ResponseBuilder::new().description("Done; what is kept is on disk.");
    if let Some(shape) = &route.gives {
        let content = ContentBuilder::new().schema(Some(refer(shape, schemas))).build();
        done = done.content("application/json", content);
    }
    let wrong = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let wrong = ResponseBuilder::new().description(refusals(route.action)).content("application/problem+json", wrong);
    let responses = ResponsesBuilder::new().response("2XX", done.build()).response("4XX", wrong.build());
    operation.responses(responses.build())
}

fn refusals(action: Action) -> &'static str {
    match action {
        Action::Public => "The request cannot be taken.",
        Action::SignIn => "401: wrong name or password. 429: too many tries.",
        Action::Account | Action::Look | Action::Work | Action::Oversee | Action::LookIn | Action::Triage => {
            "401: not signed in. 403: another role may."
        }
        Action::Administer => "401: not signed in. 403: another role may. 404: no such account. 409: it is your own.",
        _ => "401: not signed in. 403: another role may. 404: no such contact, or not yours. 409: not in this stage.",
    }
}

fn refer(shape: &Shape, schemas: &mut BTreeMap<String, RefOr<Schema>>) -> RefOr<Schema> {
    let mut parts = Vec::new();
    (shape.parts)(&mut parts);
    schemas.extend(parts);
    schemas.insert(shape.name.clone(), (shape.schema)());
    let one = RefOr::Ref(Ref::from_schema_name(&shape.name));
    if !shape.list {
        return one;
    }
    ArrayBuilder::new().items(one).into()
}

fn problem() -> RefOr<Schema> {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let whole = ObjectBuilder::new().schema_type(Type::Integer);
    let all = ObjectBuilder::new().property("type", text()).property("title", text()).property("status", whole);
    all.property("detail", text()).property("field", text()).property("request_id", text()).into()
}

fn method(method: &Method) -> HttpMethod {
    match *method {
        Method::POST => HttpMethod::Post,
        Method::PUT => HttpMethod::Put,
        Method::DELETE => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}
