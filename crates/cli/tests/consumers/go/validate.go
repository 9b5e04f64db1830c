package main

import (
	"errors"
	"fmt"
	"os"

	gateway "github.com/envoyproxy/gateway/api/v1alpha1"
	"google.golang.org/protobuf/proto"
	extensions "istio.io/api/extensions/v1alpha1"
	networking "istio.io/api/networking/v1alpha3"
	"istio.io/istio/pkg/config"
	"istio.io/istio/pkg/config/validation"
	"istio.io/istio/pkg/config/validation/envoyfilter"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// The kinds of filters.
const (
	trafficExtension = "extensions.istio.io/v1alpha1 TrafficExtension"
	wasmPlugin       = "extensions.istio.io/v1alpha1 WasmPlugin"
)

// resource is an Istio resource. Its spec is decoded as the type of its kind.
type resource struct {
	meta.TypeMeta   `json:",inline"`
	meta.ObjectMeta `json:"metadata"`
	Spec            runtime.RawExtension `json:"spec"`
}

// validate decodes a resource strictly as the type of its kind, and validates it like `istioctl validate`.
func validate(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	kind, err := kindOf(text)
	if err != nil {
		return err
	}
	switch kind {
	case trafficExtension:
		return accept(text, &extensions.TrafficExtension{}, validation.ValidateTrafficExtension)
	case wasmPlugin:
		return accept(text, &extensions.WasmPlugin{}, validation.ValidateWasmPlugin)
	case "networking.istio.io/v1alpha3 EnvoyFilter":
		return accept(text, &networking.EnvoyFilter{}, envoyfilter.ValidateEnvoyFilter)
	case "gateway.envoyproxy.io/v1alpha1 EnvoyExtensionPolicy":
		return strictly(text, &gateway.EnvoyExtensionPolicy{})
	case "gateway.envoyproxy.io/v1alpha1 EnvoyProxy":
		return strictly(text, &gateway.EnvoyProxy{})
	}
	return fmt.Errorf("unknown kind %s", kind)
}

// kindOf returns the version and kind of a resource.
func kindOf(text []byte) (string, error) {
	var kind meta.TypeMeta
	err := yaml.Unmarshal(text, &kind)
	return kind.APIVersion + " " + kind.Kind, err
}

func accept(text []byte, spec proto.Message, validate validation.ValidateFunc) error {
	named, err := istio(text, spec)
	if err != nil {
		return err
	}
	warning, err := validate(config.Config{Meta: named, Spec: spec})
	if warning != nil {
		fmt.Printf("warning: %v\n", warning)
	}
	return err
}

// istio decodes an Istio resource and its spec.
func istio(text []byte, spec proto.Message) (config.Meta, error) {
	var resource resource
	if err := strictly(text, &resource); err != nil {
		return config.Meta{}, err
	}
	named := config.Meta{Name: resource.Name, Namespace: resource.Namespace}
	return named, config.ApplyJSONStrict(spec, string(resource.Spec.Raw))
}

// strictly decodes like an API server with strict validation: field names are case-sensitive.
func strictly(text []byte, into any) error {
	converted, err := yaml.YAMLToJSONStrict(text)
	if err != nil {
		return err
	}
	strict, err := json.UnmarshalStrict(converted, into)
	return errors.Join(append(strict, err)...)
}
