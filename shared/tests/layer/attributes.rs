//! All attributes, with their types.

use proxy_filter_test::{Request, filter_test};

#[path = "../../examples/show_attributes.rs"]
mod show_attributes;

filter_test! {
    http show_attributes::ShowAttributes => "tests/show_attributes";

    fn attributes_have_their_types(proxy) {
        let request = Request::get("/a/b?c=d").header("x-a", "1").from("2001:db8::7");
        let expected = "\
method: `GET`
path: `/a/b?c=d`
url path: `/a/b`
query: `c=d`
host: `a.example`
scheme: `http`
protocol: \"HTTP/1.1\"
x-a: \"1\"
x-b is absent
response code is absent
response flags: 0
mutual TLS: false
server name: \"\"
TLS version is absent
certificate is absent
URI of certificate is absent
route: \"\"
cluster: \"upstream\"
direction: 0
metadata is absent
plugin: \"plugin\"
root: \"plugin\"
VM: \"VM_ID\"
client: Some(2001:db8::7)
proxy: Some(127.0.0.1)
port of the client: true
port of the proxy: true
connection: true
time: true
id: true
upstream: false
";
        proxy.load("").send(request).expect_body(&expected.replace("VM_ID", &proxy.vm_id()));
    }
}
