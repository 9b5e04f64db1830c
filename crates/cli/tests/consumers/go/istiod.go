package main

import (
	"errors"
	"fmt"
	"time"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	api "istio.io/api/extensions/v1alpha1"
	"istio.io/istio/pilot/pkg/config/kube/extensions"
	"istio.io/istio/pilot/pkg/config/memory"
	"istio.io/istio/pilot/pkg/model"
	"istio.io/istio/pilot/pkg/networking/core/extension"
	"istio.io/istio/pkg/config"
	"istio.io/istio/pkg/config/schema/collections"
	"istio.io/istio/pkg/config/schema/gvk"
)

// sent returns the filter that istiod sends to sidecars for a TrafficExtension or a WasmPlugin.
func sent(text []byte) (*core.TypedExtensionConfig, error) {
	trafficExtension, meta, err := extensionOf(text)
	if err != nil {
		return nil, err
	}
	wrapper := &model.TrafficExtensionWrapper{
		TrafficExtension: trafficExtension,
		Name:             meta.Name,
		Namespace:        meta.Namespace,
		ResourceName:     model.TrafficExtensionResourceNamePrefix + meta.Namespace + "." + meta.Name,
	}
	filters := extension.InsertedTrafficExtensionConfigurations(
		[]*model.TrafficExtensionWrapper{wrapper}, []string{wrapper.ResourceName}, nil)
	if len(filters) != 1 {
		return nil, fmt.Errorf("istiod sends %d filters", len(filters))
	}
	return filters[0], nil
}

// extensionOf decodes a TrafficExtension, or converts a WasmPlugin to one.
func extensionOf(text []byte) (*api.TrafficExtension, config.Meta, error) {
	kind, err := kindOf(text)
	if err != nil {
		return nil, config.Meta{}, err
	}
	switch kind {
	case trafficExtension:
		spec := &api.TrafficExtension{}
		meta, err := istio(text, spec)
		return spec, meta, err
	case wasmPlugin:
		spec := &api.WasmPlugin{}
		meta, err := istio(text, spec)
		if err != nil {
			return nil, meta, err
		}
		return convert(config.Config{Meta: meta, Spec: spec})
	}
	return nil, config.Meta{}, fmt.Errorf("not a filter: %s", kind)
}

// convert runs istiod's controller for WasmPlugins until it has converted this one, which changes its name.
func convert(plugin config.Config) (*api.TrafficExtension, config.Meta, error) {
	plugin.GroupVersionKind = gvk.WasmPlugin
	store := memory.NewController(memory.MakeSkipValidation(collections.PilotGatewayAPI()))
	if _, err := store.Create(plugin); err != nil {
		return nil, plugin.Meta, err
	}
	controller, stop := extensions.NewController(store, nil, nil), make(chan struct{})
	defer close(stop)
	go store.Run(stop)
	go controller.Run(stop)
	for range 200 {
		for _, converted := range controller.List(gvk.TrafficExtension, "") {
			if spec, ok := converted.Spec.(*api.TrafficExtension); ok {
				return spec, converted.Meta, nil
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	return nil, plugin.Meta, errors.New("istiod did not convert the WasmPlugin within ten seconds")
}
