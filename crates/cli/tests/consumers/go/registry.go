package main

import (
	"io"
	"log"
	"net/http"

	"github.com/google/go-containerregistry/pkg/registry"
)

// serve runs a registry that keeps images in memory and lists their referrers, which Debian's registry does not.
func serve(address string) error {
	quiet := registry.Logger(log.New(io.Discard, "", 0))
	inner := registry.New(registry.WithReferrersSupport(true), quiet)
	return http.ListenAndServe(address, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			// The distribution specification asks for it, and this registry leaves it out.
			w.Header().Set("Location", r.URL.Path)
		}
		inner.ServeHTTP(w, r)
	}))
}
