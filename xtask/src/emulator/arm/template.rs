//! Templates of Resource Manager, as far as the Python SDK's need them (Microsoft, "Template functions").

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

/// A template with its parameters, and where it is deployed.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) template: &'a Value,
    pub(super) parameters: &'a Value,
    pub(super) subscription: &'a str,
    pub(super) group: &'a str,
    pub(super) tenant: &'a str,
}

impl Scope<'_> {
    /// Every resource whose condition holds, evaluated; those of templates within it, too.
    pub(super) fn resources(&self) -> Vec<Value> {
        self.resources_of(self.template)
    }

    fn resources_of(&self, template: &Value) -> Vec<Value> {
        let mut all = Vec::new();
        for resource in template["resources"].as_array().into_iter().flatten() {
            let condition = resource.get("condition").map(|condition| self.evaluate(condition));
            if condition.is_some_and(|holds| holds != json!(true)) {
                continue;
            }
            if resource["type"] == "Microsoft.Resources/deployments" {
                all.extend(self.resources_of(&resource["properties"]["template"]));
            } else {
                all.push(self.evaluate(resource));
            }
        }
        all
    }

    fn evaluate(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => match text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
                Some(expression) if !expression.starts_with('[') => self.expression(&mut Reader(expression)),
                _ => value.clone(),
            },
            Value::Array(items) => items.iter().map(|item| self.evaluate(item)).collect(),
            Value::Object(members) => {
                let name = |name: &String| match self.evaluate(&json!(name)) {
                    Value::String(name) => name,
                    _ => name.clone(),
                };
                let members = members.iter().map(|(key, member)| (name(key), self.evaluate(member)));
                Value::Object(members.collect::<Map<_, _>>())
            }
            other => other.clone(),
        }
    }

    /// A literal, or a function with its arguments, and the members that are taken of it.
    fn expression(&self, reader: &mut Reader<'_>) -> Value {
        let mut value = match reader.peek() {
            Some('\'') => json!(reader.text()),
            Some('0'..='9' | '-') => json!(reader.word().parse::<i64>().unwrap_or_default()),
            _ => {
                let name = reader.word().to_lowercase();
                let mut arguments = Vec::new();
                reader.skip('(');
                while !matches!(reader.peek(), None | Some(')')) {
                    let before = reader.0.len();
                    arguments.push(self.expression(reader));
                    reader.skip(',');
                    if reader.0.len() == before {
                        return Value::Null;
                    }
                }
                reader.skip(')');
                self.function(&name, &arguments)
            }
        };
        while reader.peek() == Some('.') {
            reader.skip('.');
            value = value[reader.word()].clone();
        }
        value
    }

    fn function(&self, name: &str, arguments: &[Value]) -> Value {
        let at = |index: usize| arguments.get(index).cloned().unwrap_or_default();
        let texts = || arguments.iter().map(text).collect::<Vec<_>>();
        match name {
            "parameters" => self.parameter(&text(&at(0))),
            "variables" => self.evaluate(&self.template["variables"][text(&at(0))]),
            "subscription" => {
                json!({"subscriptionId": self.subscription, "tenantId": self.tenant, "id": format!("/subscriptions/{}", self.subscription)})
            }
            "resourcegroup" => {
                json!({"name": self.group, "location": "westeurope", "id": format!("/subscriptions/{}/resourceGroups/{}", self.subscription, self.group)})
            }
            "resourceid" => json!(self.resource_id(&texts())),
            "if" => {
                if at(0) == json!(true) {
                    at(1)
                } else {
                    at(2)
                }
            }
            "equals" => json!(at(0) == at(1)),
            "not" => json!(at(0) != json!(true)),
            "and" => json!(arguments.iter().all(|one| *one == json!(true))),
            "or" => json!(arguments.contains(&json!(true))),
            "empty" => json!(match at(0) {
                Value::String(text) => text.is_empty(),
                Value::Array(items) => items.is_empty(),
                Value::Object(members) => members.is_empty(),
                other => other.is_null(),
            }),
            "json" => serde_json::from_str(&text(&at(0))).unwrap_or_default(),
            "tolower" => json!(text(&at(0)).to_lowercase()),
            "array" => json!([at(0)]),
            "concat" => json!(texts().concat()),
            "uniquestring" | "guid" => json!(digest(&texts().concat())),
            "newguid" => json!(uuid::Uuid::new_v4().to_string()),
            _ => Value::Null,
        }
    }

    fn parameter(&self, name: &str) -> Value {
        let ignores_case = |object: &Value| {
            let mut members = object.as_object()?.iter();
            members.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
        };
        let given = ignores_case(self.parameters).and_then(|given| given.get("value").cloned());
        given.unwrap_or_else(|| {
            let declared = ignores_case(&self.template["parameters"]).unwrap_or_default();
            self.evaluate(&declared["defaultValue"])
        })
    }

    /// Before the type may stand a group, or a subscription and a group.
    fn resource_id(&self, texts: &[String]) -> String {
        let at = texts.iter().position(|text| text.contains('/')).unwrap_or_default();
        let (before, rest) = texts.split_at(at);
        let (subscription, group) = match before {
            [] => (self.subscription, self.group),
            [group] => (self.subscription, group.as_str()),
            [subscription, group, ..] => (subscription.as_str(), group.as_str()),
        };
        let full_type = rest.first().map(String::as_str).unwrap_or_default();
        let (provider, types) = full_type.split_once('/').unwrap_or_default();
        let pairs = types.split('/').zip(rest.iter().skip(1)).map(|(kind, name)| format!("/{kind}/{name}"));
        let pairs: String = pairs.collect();
        format!("/subscriptions/{subscription}/resourceGroups/{group}/providers/{provider}{pairs}")
    }
}

/// What is left of an expression.
struct Reader<'a>(&'a str);

impl<'a> Reader<'a> {
    fn peek(&mut self) -> Option<char> {
        self.0 = self.0.trim_start();
        self.0.chars().next()
    }

    fn skip(&mut self, sign: char) {
        if self.peek() == Some(sign) {
            self.0 = &self.0[sign.len_utf8()..];
        }
    }

    fn word(&mut self) -> &'a str {
        self.peek();
        let end = self.0.find(|sign: char| !sign.is_alphanumeric() && sign != '_' && sign != '-');
        let (word, rest) = self.0.split_at(end.unwrap_or(self.0.len()));
        self.0 = rest;
        word
    }

    /// What stands between quotes; a doubled one is one.
    fn text(&mut self) -> String {
        let mut text = String::new();
        self.skip('\'');
        while let Some(end) = self.0.find('\'') {
            text.push_str(&self.0[..end]);
            self.0 = &self.0[end + 1..];
            if !self.0.starts_with('\'') {
                break;
            }
            text.push('\'');
            self.0 = &self.0[1..];
        }
        text
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// Thirteen letters that the text alone decides.
fn digest(text: &str) -> String {
    Sha256::digest(text).iter().take(13).map(|byte| char::from(b'a' + byte % 26)).collect()
}
