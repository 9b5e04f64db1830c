//! The service of a gRPC call, as Envoy wants it.

/// Serializes `envoy.config.core.v3.GrpcService { envoy_grpc: { cluster_name } }`.
pub(super) fn grpc_service(cluster: &[u8]) -> Vec<u8> {
    /// Field 1, length-delimited: `GrpcService.envoy_grpc` as well as `EnvoyGrpc.cluster_name`.
    const FIELD_1: u8 = 0x0a;
    let field = |content: &[u8]| {
        let mut field = vec![FIELD_1];
        let mut length = content.len();
        while length >= 0x80 {
            field.push(u8::try_from(length & 0x7f).unwrap_or_default() | 0x80);
            length >>= 7;
        }
        field.push(u8::try_from(length).unwrap_or_default());
        field.extend_from_slice(content);
        field
    };
    field(&field(cluster))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grpc_services_of_any_length() {
        assert_eq!(grpc_service(b"users"), b"\x0a\x07\x0a\x05users");
        let long = grpc_service(&[b'x'; 200]);
        assert_eq!(long.get(..6), Some(b"\x0a\xcb\x01\x0a\xc8\x01".as_slice()));
        assert_eq!(long.len(), 206);
    }
}
