package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"strings"
	"time"

	extensions "istio.io/api/extensions/v1alpha1"
	"istio.io/istio/pkg/wasm"
)

// pull fetches the module of a WasmPlugin like Istio's agent, and prints its digest.
func pull(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var plugin extensions.WasmPlugin
	if _, err := istio(text, &plugin); err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "wasm")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	cache := wasm.NewLocalFileCache(folder, wasm.Options{})
	defer cache.Cleanup()
	module, err := cache.Get(plugin.Url, wasm.GetOptions{Checksum: plugin.Sha256, RequestTimeout: time.Minute})
	if err != nil {
		return err
	}
	bytes, err := os.ReadFile(module)
	if err != nil {
		return err
	}
	fmt.Printf("%s has sha256:%x\n", strings.TrimPrefix(plugin.Url, "oci://"), sha256.Sum256(bytes))
	return nil
}
