// The code of Kubernetes' API server for encryption at rest, unmodified, driven line by line: it loads an
// EncryptionConfiguration, as an API server does at its start, and transforms what is stored.
package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/server/options/encryptionconfig"
	"k8s.io/apiserver/pkg/storage/value"
)

type call struct {
	Do     string `json:"do"`
	Config string `json:"config"`
	Name   string `json:"name"`
	Data   string `json:"data"`
}

type answer struct {
	Data   string `json:"data"`
	Stale  bool   `json:"stale"`
	Status int    `json:"status"`
	Error  string `json:"error"`
}

var secrets = schema.GroupResource{Resource: "secrets"}

// One loaded configuration is one API server: its keys and seeds are forgotten when another one is loaded.
type server struct {
	stop   context.CancelFunc
	config *encryptionconfig.EncryptionConfiguration
}

func (s *server) load(path string) error {
	if s.stop != nil {
		s.stop()
	}
	ctx, stop := context.WithCancel(context.Background())
	config, err := encryptionconfig.LoadEncryptionConfig(ctx, path, false, "conformance")
	s.stop, s.config = stop, config
	return err
}

func (s *server) do(in call) (answer, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	switch in.Do {
	case "load":
		return answer{}, s.load(in.Config)
	case "health":
		request := httptest.NewRequest("GET", "/healthz", nil)
		for _, check := range s.config.HealthChecks {
			if err := check.Check(request); err != nil {
				return answer{Status: 500}, err
			}
		}
		return answer{Status: 200}, nil
	case "write":
		data, err := s.config.Transformers[secrets].TransformToStorage(ctx, []byte(in.Data), value.DefaultContext(in.Name))
		return answer{Data: base64.StdEncoding.EncodeToString(data)}, err
	case "read":
		stored, err := base64.StdEncoding.DecodeString(in.Data)
		if err != nil {
			return answer{}, err
		}
		data, stale, err := s.config.Transformers[secrets].TransformFromStorage(ctx, stored, value.DefaultContext(in.Name))
		return answer{Data: string(data), Stale: stale}, err
	}
	return answer{}, fmt.Errorf("unknown call %q", in.Do)
}

func main() {
	s := &server{}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var in call
		out := answer{}
		err := json.Unmarshal(lines.Bytes(), &in)
		if err == nil {
			out, err = s.do(in)
		}
		if err != nil {
			out.Error = err.Error()
		}
		text, _ := json.Marshal(out)
		fmt.Println(string(text))
	}
}
