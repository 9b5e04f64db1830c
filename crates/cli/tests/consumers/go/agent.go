package main

import (
	"fmt"
	"os"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/anypb"
	"istio.io/istio/pkg/wasm"
)

// load prints the filter that a sidecar's Envoy gets for a TrafficExtension or a WasmPlugin. The agent pulls the module into
// this folder. If that fails, it logs why and gives Envoy another filter.
func load(file, folder string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	filter, err := sent(text)
	if err != nil {
		return err
	}
	resource, err := anypb.New(filter)
	if err != nil {
		return err
	}
	cache := wasm.NewLocalFileCache(folder, wasm.Options{})
	defer cache.Cleanup()
	resources := []*anypb.Any{resource}
	if err := wasm.MaybeConvertWasmExtensionConfig(resources, cache); err != nil {
		return err
	}
	if err := resources[0].UnmarshalTo(filter); err != nil {
		return err
	}
	json, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(filter)
	if err != nil {
		return err
	}
	fmt.Println(string(json))
	return nil
}
