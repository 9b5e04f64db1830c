// Command consumers reads published images and files with the code that consumes them: istiod, Istio's agent, istioctl,
// Envoy Gateway and Kustomize. It also serves a registry that lists referrers.
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
	switch {
	case len(arguments) == 2 && arguments[0] == "validate":
		return validate(arguments[1])
	case len(arguments) == 2 && arguments[0] == "kustomize":
		return build(arguments[1])
	case len(arguments) == 3 && arguments[0] == "load":
		return load(arguments[1], arguments[2])
	case len(arguments) == 2 && arguments[0] == "registry":
		return serve(arguments[1])
	}
	return errors.New("usage: consumers validate FILE | kustomize FOLDER | load FILE FOLDER | registry ADDRESS")
}
