//! Media on the Graph side: upload, address, download, removal (fact sheet 6).

use actix_multipart::Multipart;
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use serde_json::{Value, json};

use super::{auth, faulty::Struck};
use crate::{
    errors::GraphError,
    faults::Target,
    ids::Origin,
    media::{INBOUND_LIMIT, upload_limit},
    world::World,
};

/// Longest form field besides the file, in bytes.
const FIELD_LIMIT: usize = 1_024;

/// `POST /{phone-number-id}/media`.
pub async fn upload(world: web::Data<World>, request: HttpRequest, form: Multipart) -> HttpResponse {
    let struck = Struck::roll(&world, Target::Media, "");
    struck.delay().await;
    if let Some(answer) = struck.before(&request) {
        return answer;
    }
    let answer = match keep(&world, &request, form).await {
        Ok(answer) => HttpResponse::Ok().json(answer),
        Err(error) => error.response(),
    };
    struck.after(&request, answer)
}

async fn keep(world: &World, request: &HttpRequest, form: Multipart) -> Result<Value, GraphError> {
    let number_id = super::id(request);
    let token = auth::token(request);
    world.state().authorized_number(token.as_deref(), number_id, "post", world.clock.now())?;
    let Form { product, file } = read(form).await?;
    if product.as_deref() != Some("whatsapp") {
        return Err(GraphError::new(100, "The parameter messaging_product is required."));
    }
    let (mime_type, bytes) = file.ok_or_else(|| GraphError::new(100, "The parameter file is required."))?;
    let limit = upload_limit(&mime_type)?;
    if bytes.is_empty() || bytes.len() > limit {
        return Err(GraphError::new(100, format!("A file of type {mime_type} may have 1 to {limit} bytes.")));
    }
    let now = world.clock.now();
    let media = world.state().media.add(number_id, &mime_type, bytes, Origin::Business, now);
    Ok(json!({"id": media.id}))
}

#[derive(Default)]
struct Form {
    product: Option<String>,
    file: Option<(String, Bytes)>,
}

async fn read(mut form: Multipart) -> Result<Form, GraphError> {
    let broken = |_| GraphError::new(100, "The form cannot be read.");
    let mut read = Form::default();
    let mut kind = None;
    while let Some(field) = form.next().await {
        let mut field = field.map_err(broken)?;
        let name = field.name().unwrap_or_default().to_owned();
        let named = field.content_type().map(|named| named.essence_str().to_owned());
        let limit = if name == "file" { INBOUND_LIMIT } else { FIELD_LIMIT };
        let mut bytes = BytesMut::new();
        while let Some(chunk) = field.next().await {
            let chunk = chunk.map_err(broken)?;
            if bytes.len() + chunk.len() > limit {
                return Err(GraphError::new(100, format!("The field {name} is too large.")));
            }
            bytes.extend_from_slice(&chunk);
        }
        let text = || String::from_utf8_lossy(&bytes).trim().to_owned();
        match name.as_str() {
            "messaging_product" => read.product = Some(text()),
            "type" => kind = Some(text()),
            "file" => read.file = Some((named.unwrap_or_default(), bytes.freeze())),
            _ => {}
        }
    }
    // The file's own type wins, as curl's `;type=` sets it; `type` stands in for a missing one.
    if let (Some((mime_type, _)), Some(kind)) = (&mut read.file, kind)
        && matches!(mime_type.as_str(), "" | "application/octet-stream")
    {
        *mime_type = kind;
    }
    Ok(read)
}

/// `GET /{media-id}`: an address that lives five minutes.
pub fn describe(world: &World, request: &HttpRequest, id: &str) -> Result<Value, GraphError> {
    let now = world.clock.now();
    let token = auth::token(request);
    let mut state = world.state();
    state.authorized(token.as_deref(), world.clock.now())?;
    let media = state.media.get(id, now).cloned().ok_or_else(|| GraphError::unknown_object("get", id))?;
    state.authorized_number(token.as_deref(), &media.number, "get", world.clock.now())?;
    let key = state.media.open_url(&media.id, now);
    let host = request.connection_info().host().to_owned();
    Ok(json!({
        "messaging_product": "whatsapp",
        "url": format!("http://{host}/media-files/{key}"),
        "mime_type": media.mime_type,
        "sha256": media.sha256_hex(),
        "file_size": media.bytes.len(),
        "id": media.id,
    }))
}

/// A download address: the token is needed, 404 after five minutes.
pub async fn download(world: web::Data<World>, request: HttpRequest, key: web::Path<String>) -> HttpResponse {
    let struck = Struck::roll(&world, Target::Media, "");
    struck.delay().await;
    if let Some(answer) = struck.before(&request) {
        return answer;
    }
    let found = {
        let token = auth::token(&request);
        let state = world.state();
        match state.media.behind_url(&key, world.clock.now()).cloned() {
            None => Err(404),
            Some(media) if state.authorized_number(token.as_deref(), &media.number, "get", world.clock.now()).is_err() => Err(401),
            Some(media) => Ok(media),
        }
    };
    let answer = match found {
        Ok(media) => HttpResponse::Ok().content_type(media.mime_type).body(media.bytes),
        Err(401) => GraphError::bad_token().response(),
        Err(_) => HttpResponse::NotFound().content_type("text/html").body("<html><body>URL signature expired</body></html>"),
    };
    struck.after(&request, answer)
}

/// `DELETE /{media-id}`.
pub async fn remove(world: web::Data<World>, request: HttpRequest, _body: Bytes) -> HttpResponse {
    let id = super::id(&request);
    let token = auth::token(&request);
    let now = world.clock.now();
    let mut state = world.state();
    let allowed = state.authorized(token.as_deref(), world.clock.now()).map(|_| ()).and_then(|()| {
        let number = state.media.get(id, now).map(|media| media.number.clone());
        let number = number.ok_or_else(|| GraphError::unknown_object("delete", id))?;
        state.authorized_number(token.as_deref(), &number, "delete", world.clock.now()).map(|_| ())
    });
    match allowed {
        Ok(()) => {
            state.media.remove(id);
            HttpResponse::Ok().json(json!({"success": true}))
        }
        Err(error) => error.response(),
    }
}
