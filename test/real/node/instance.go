// What the image of a test instance runs on a real node: an HTTP server that behaves as BEHAVIOUR says, a JSON object of
// the labels that devfleet/host/behaviour.ts reads on sim hosts, without their prefix. Port 0 listens on none: the pause
// container of a pod.
package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

type behaviour map[string]string

func main() {
	var b behaviour
	if err := json.Unmarshal([]byte(os.Getenv("BEHAVIOUR")), &b); err != nil {
		fail(fmt.Errorf("BEHAVIOUR: %w", err))
	}
	stopped := make(chan os.Signal, 1)
	signal.Notify(stopped, syscall.SIGTERM)
	if _, crashes := b["crash-after-seconds"]; crashes {
		time.AfterFunc(b.seconds("crash-after-seconds"), func() { os.Exit(b.number("exit-code", 1)) })
	}
	if port := b.number("port", 8080); port != 0 {
		go serve(b, port)
	}
	<-stopped
	switch stop := b["stop"]; {
	case stop == "never":
		select {}
	case strings.HasPrefix(stop, "slow:"):
		time.Sleep(seconds(strings.TrimPrefix(stop, "slow:")))
	}
}

func serve(b behaviour, port int) {
	started := time.Now()
	code := func() int {
		if b["ignite"] == "never" || time.Since(started) < b.seconds("ignite-seconds") {
			return 526
		}
		return map[string]int{"": 200, "ok": 200, "fail": 527, "markdown": 530}[b["ignite"]]
	}
	http.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code()) })
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		if code() != 200 {
			w.WriteHeader(503)
		}
		fmt.Fprintln(w, b["version"])
	})
	fail(http.ListenAndServe(fmt.Sprintf(":%d", port), nil))
}

func (b behaviour) number(key string, otherwise int) int {
	text, given := b[key]
	if !given {
		return otherwise
	}
	value, err := strconv.Atoi(text)
	if err != nil {
		fail(fmt.Errorf("%s: %w", key, err))
	}
	return value
}

func (b behaviour) seconds(key string) time.Duration { return seconds(b[key]) }

func seconds(text string) time.Duration {
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0
	}
	return time.Duration(value * float64(time.Second))
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
