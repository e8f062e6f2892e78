// Makes the calls that it reads with the AWS SDK for Go v2: see ../driver.ts for what it reads and writes.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	smithymiddleware "github.com/aws/smithy-go/middleware"
)

type caller struct{ AccessKeyID, SecretAccessKey, SessionToken string }

type setup struct {
	Endpoint string
	Region   string
	Callers  map[string]caller
}

type asked struct {
	Service   string
	Operation string
	As        string
	Input     json.RawMessage
}

type object = map[string]any

// The longest line: an input of a call is far below it.
const lineMaxBytes = 16 << 20

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, lineMaxBytes)
	var with *setup
	clients := map[string]any{}
	for lines.Scan() {
		if with == nil {
			with = &setup{}
			must(json.Unmarshal(lines.Bytes(), with))
			continue
		}
		var call asked
		must(json.Unmarshal(lines.Bytes(), &call))
		key := call.Service + " " + call.As
		if clients[key] == nil {
			clients[key] = newClient(with, call.Service, call.As)
		}
		text, err := json.Marshal(answer(clients[key], call))
		must(err)
		fmt.Println(string(text))
	}
	must(lines.Err())
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func newClient(with *setup, service string, as string) any {
	who := with.Callers[as]
	config := aws.Config{
		Region:           with.Region,
		BaseEndpoint:     aws.String(with.Endpoint),
		Credentials:      credentials.NewStaticCredentialsProvider(who.AccessKeyID, who.SecretAccessKey, who.SessionToken),
		RetryMaxAttempts: 1,
	}
	switch service {
	case "kms":
		return kms.NewFromConfig(config)
	case "iam":
		return iam.NewFromConfig(config)
	case "sts":
		return sts.NewFromConfig(config)
	case "cloudtrail":
		return cloudtrail.NewFromConfig(config)
	}
	panic("there is no client of " + service)
}

func answer(client any, call asked) object {
	method := reflect.ValueOf(client).MethodByName(call.Operation)
	if !method.IsValid() {
		return object{"unsupported": "there is no " + call.Operation}
	}
	input := reflect.New(method.Type().In(1).Elem())
	decoder := json.NewDecoder(bytes.NewReader(plain(call.Input)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(input.Interface()); err != nil {
		return object{"unsupported": err.Error()}
	}
	results := method.Call([]reflect.Value{reflect.ValueOf(context.Background()), input})
	if err, failed := results[1].Interface().(error); failed {
		return refusal(err)
	}
	output := results[0].Elem()
	metadata := output.FieldByName("ResultMetadata").Interface().(smithymiddleware.Metadata)
	requestID, _ := middleware.GetRequestIDMetadata(metadata)
	return object{"ok": true, "requestId": requestID, "output": neutral(output)}
}

func refusal(err error) object {
	var api smithy.APIError
	var response *awshttp.ResponseError
	if !errors.As(err, &api) || !errors.As(err, &response) {
		return object{"failed": err.Error()}
	}
	return object{
		"ok":        false,
		"requestId": response.ServiceRequestID(),
		"type":      reflect.TypeOf(api).Elem().Name(),
		"code":      api.ErrorCode(),
		"message":   api.ErrorMessage(),
		"status":    response.HTTPStatusCode(),
	}
}

// The input as encoding/json reads it into the SDK's types: bytes as base64, dates as RFC 3339.
func plain(input json.RawMessage) []byte {
	var value any
	must(json.Unmarshal(input, &value))
	text, err := json.Marshal(plainValue(value))
	must(err)
	return text
}

func plainValue(value any) any {
	switch value := value.(type) {
	case object:
		if text, is := value["$blob"]; is {
			return text
		}
		if seconds, is := value["$time"].(float64); is {
			return time.UnixMilli(int64(seconds * 1000)).UTC()
		}
		for name, part := range value {
			value[name] = plainValue(part)
		}
	case []any:
		for index, part := range value {
			value[index] = plainValue(part)
		}
	}
	return value
}

func neutral(value reflect.Value) any {
	switch value.Kind() {
	case reflect.Pointer, reflect.Interface:
		if value.IsNil() {
			return nil
		}
		return neutral(value.Elem())
	case reflect.Struct:
		if moment, is := value.Interface().(time.Time); is {
			return object{"$time": float64(moment.UnixMilli()) / 1000}
		}
		members := object{}
		for index := range value.NumField() {
			field := value.Type().Field(index)
			if field.IsExported() && field.Name != "ResultMetadata" {
				members[field.Name] = neutral(value.Field(index))
			}
		}
		return members
	case reflect.Slice:
		if value.IsNil() {
			return nil
		}
		if value.Type().Elem().Kind() == reflect.Uint8 {
			return object{"$blob": base64.StdEncoding.EncodeToString(value.Bytes())}
		}
		items := make([]any, value.Len())
		for index := range items {
			items[index] = neutral(value.Index(index))
		}
		return items
	case reflect.Map:
		entries := object{}
		for _, key := range value.MapKeys() {
			entries[key.String()] = neutral(value.MapIndex(key))
		}
		return entries
	}
	return value.Interface()
}
