//! `--query`.

use auth_core::{Error, ErrorKind};
use jmespath::ast::Ast;
use serde_json::Value;

/// What a query selects.
pub(super) struct Selection {
    pub(super) value: Value,
    /// The keys in the order that the expression gave them, such as `{name: name, id: id}`. Tables and tab-separated values
    /// keep it; JSON and YAML have their keys by name, as with the Azure CLI.
    pub(super) order: Option<Vec<String>>,
}

/// Checks an expression before anything is done.
pub(crate) fn check(expression: &str) -> Result<String, String> {
    compile(expression).map(|_| expression.to_owned()).map_err(|error| error.reason.to_string())
}

pub(super) fn select(expression: &str, value: &Value) -> Result<Selection, Error> {
    let refuse = |error: jmespath::JmespathError| {
        Error::new(ErrorKind::Configuration, format!("the query {expression:?} fails: {}", error.reason))
            .with_help("see https://jmespath.org for the language of --query")
    };
    let compiled = compile(expression).map_err(refuse)?;
    let found = compiled.search(value).map_err(refuse)?;
    let value = serde_json::to_value(&*found)
        .map_err(|error| Error::new(ErrorKind::Configuration, "the query yields no value").with_source(error))?;
    Ok(Selection { value, order: order(compiled.as_ast(), None) })
}

/// Compiles an expression. A literal such as `` `name` ``, which lacks its quotes, is a string, as it is to Python's jmespath and
/// so in many examples for the Azure CLI.
fn compile(expression: &str) -> Result<jmespath::Expression<'static>, jmespath::JmespathError> {
    jmespath::compile(expression).or_else(|error| {
        let parts: Vec<&str> = expression.split('`').collect();
        let quoted = parts.iter().enumerate().map(|(index, part)| {
            let is_bare = index % 2 == 1 && serde_json::from_str::<Value>(part).is_err();
            if is_bare { Value::from(*part).to_string() } else { (*part).to_owned() }
        });
        jmespath::compile(&quoted.collect::<Vec<_>>().join("`")).map_err(|_| error)
    })
}

/// The keys of the objects that an expression yields, if it builds them itself; `input` are those that it starts from.
fn order(ast: &Ast, input: Option<Vec<String>>) -> Option<Vec<String>> {
    match ast {
        Ast::MultiHash { elements, .. } => Some(elements.iter().map(|pair| pair.key.clone()).collect()),
        Ast::Identity { .. } | Ast::Index { .. } | Ast::Slice { .. } => input,
        Ast::Projection { lhs, rhs, .. } | Ast::Subexpr { lhs, rhs, .. } => order(rhs, order(lhs, input)),
        Ast::Condition { then, .. } => order(then, input),
        Ast::Flatten { node, .. } | Ast::ObjectValues { node, .. } => order(node, input),
        // sort_by and its like give back what they were given.
        Ast::Function { args, .. } => order(args.first()?, input),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_order_of_the_keys_is_that_of_the_expression() {
        let value = json!([{"name": "b", "id": 2, "tags": []}, {"name": "a", "id": 1}]);
        for expression in [
            "[].{name: name, id: id}",
            "[*].{name: name, id: id} | [?id > `0`]",
            "[?id == `1`].{name: name, id: id} | [0]",
            "sort_by([].{name: name, id: id}, &name)",
            "{name: [0].name, id: [0].id}",
        ] {
            let order = select(expression, &value).unwrap().order;
            assert_eq!(order, Some(vec!["name".to_owned(), "id".to_owned()]), "{expression}");
        }
        for expression in ["[]", "[0].name", "[].[name, id]", "length(@)"] {
            assert_eq!(select(expression, &value).unwrap().order, None, "{expression}");
        }
        assert_eq!(select("[].id", &value).unwrap().value, json!([2, 1]));
        assert_eq!(select("nothing", &value).unwrap().value, Value::Null);
    }

    #[test]
    fn a_literal_without_quotes_is_a_string() {
        let value = json!([{"name": "Research Dev", "id": 1}, {"name": "x", "id": 2}]);
        assert_eq!(select("[?name==`Research Dev`].id | [0]", &value).unwrap().value, json!(1));
        assert_eq!(select("[?id==`2`].name | [0]", &value).unwrap().value, json!("x"));
    }

    #[test]
    fn an_expression_that_is_wrong_is_refused_before_anything_is_done() {
        assert!(check("[].{").is_err());
        assert!(select("abs('x')", &json!({})).is_err());
    }
}
