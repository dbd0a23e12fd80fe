//! The JSON Schema of a definition, from the very types that read it.

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::definition::{Definition, FORMAT};
use super::validation::MAX_NODES;

/// The schema, as draft 2020-12.
#[must_use]
pub fn schema() -> Value {
    let settings = SchemaSettings::draft2020_12().for_deserialize();
    let mut schema = settings.into_generator().into_root_schema_for::<Definition>().to_value();
    schema["title"] = json!("Flow");
    schema["properties"]["format"] = json!({ "const": FORMAT, "description": "The version of the format." });
    schema["properties"]["nodes"]["minProperties"] = json!(1);
    schema["properties"]["nodes"]["maxProperties"] = json!(MAX_NODES);
    schema
}
