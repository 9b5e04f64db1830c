// Command grafana reads a dashboard with Grafana's own types, and prints what they refuse: unknown fields, missing fields and
// wrong types.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	// Without the plugins, panels and queries could have any fields.
	plugins.RegisterDefaultPlugins()
	var read dashboard.Dashboard
	if err := present(read.UnmarshalJSONStrict(text)); err != nil {
		return err
	}
	return present(read.Validate())
}

// present drops an error that the library returns if there is none: an empty list.
func present(err error) error {
	var list cog.BuildErrors
	if errors.As(err, &list) && len(list) == 0 {
		return nil
	}
	return err
}
