// Command consumers reads published images and files with the code that consumes them: Istio's agent, istioctl, Envoy
// Gateway and Kustomize. It also serves a registry that lists referrers.
package main

import (
	"errors"
	"fmt"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	if len(arguments) == 2 {
		switch what := arguments[1]; arguments[0] {
		case "pull":
			return pull(what)
		case "validate":
			return validate(what)
		case "kustomize":
			return build(what)
		case "registry":
			return serve(what)
		}
	}
	return errors.New("usage: consumers pull WASM-PLUGIN | validate FILE | kustomize FOLDER | registry ADDRESS")
}
