//! What every route shares: the refusal of other websites' pages, and the answer to unknown paths.

use actix_web::{
    HttpRequest, HttpResponse, ResponseError,
    body::{EitherBody, MessageBody},
    dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready},
    http::header::{HOST, HeaderMap, ORIGIN},
};
use futures_util::future::{LocalBoxFuture, Ready, ready};

use crate::errors::{GraphError, Refused};

/// Refuses requests a page of another website makes: nothing here asks for a password, so a
/// browser that has both open must not be a way in.
pub fn same_origin() -> SameOrigin {
    SameOrigin
}

/// See [`same_origin`].
pub struct SameOrigin;

impl<S, B> Transform<S, ServiceRequest> for SameOrigin
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = actix_web::Error;
    type Transform = SameOriginService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(SameOriginService { service }))
    }
}

/// The running form of [`SameOrigin`].
pub struct SameOriginService<S> {
    service: S,
}

impl<S, B> Service<ServiceRequest> for SameOriginService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = actix_web::Error;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Self::Error>>;

    forward_ready!(service);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        if is_foreign(request.headers()) {
            let refused = Refused::bad("Pages of other websites may not use the simulator.");
            let response = request.into_response(refused.error_response());
            return Box::pin(ready(Ok(response.map_into_right_body())));
        }
        let answer = self.service.call(request);
        Box::pin(async move { Ok(answer.await?.map_into_left_body()) })
    }
}

fn is_foreign(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(ORIGIN) else { return false };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let own = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, own)| own);
    host.is_none() || own != host
}

/// The answer to a path nobody serves: a sentence under `/control`, Meta's envelope elsewhere.
pub async fn not_found(request: HttpRequest) -> HttpResponse {
    let path = request.path();
    if path.starts_with("/control") {
        return Refused::unknown(format!("There is no {} {path}; see /control/openapi.json.", request.method())).error_response();
    }
    let mut error = GraphError::new(2_500, "");
    error.title = format!("Unknown path components: {path}");
    error.response()
}
