// The code by which programs use AWS KMS, as their projects publish it: one use of a key, of the kind that the program
// makes. `driver PROGRAM KEY` ends with status 0 when everything that it got fits.
package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"time"

	wrapping "github.com/hashicorp/go-kms-wrapping/v2"
	seal "github.com/hashicorp/go-kms-wrapping/wrappers/awskms/v2"
	cosign "github.com/sigstore/sigstore/pkg/signature/kms/aws"
	tink "github.com/tink-crypto/tink-go-awskms/v3/integration/awskms"
	"go.step.sm/crypto/kms/apiv1"
	step "go.step.sm/crypto/kms/awskms"
	"gocloud.dev/secrets"
	_ "gocloud.dev/secrets/awskms"
)

var (
	secret  = []byte("a secret of the program")
	errDiff = errors.New("the plaintext differs")
)

func same(found []byte, err error) error {
	if err == nil && !bytes.Equal(found, secret) {
		return errDiff
	}
	return err
}

// The seal of Vault and OpenBao.
func useSeal(ctx context.Context, key string) error {
	wrapper := seal.NewWrapper()
	settings := map[string]string{
		"kms_key_id": key,
		"endpoint":   os.Getenv("AWS_ENDPOINT_URL_KMS"),
		"region":     os.Getenv("AWS_REGION"),
	}
	if _, err := wrapper.SetConfig(ctx, wrapping.WithConfigMap(settings)); err != nil {
		return err
	}
	blob, err := wrapper.Encrypt(ctx, secret)
	if err != nil {
		return err
	}
	return same(wrapper.Decrypt(ctx, blob))
}

// Go CDK, and so Pulumi's and OpenTofu's secrets providers.
func useGoCdk(ctx context.Context, key string) error {
	keeper, err := secrets.OpenKeeper(ctx, "awskms:///"+key+"?region="+os.Getenv("AWS_REGION"))
	if err != nil {
		return err
	}
	defer keeper.Close()
	sealed, err := keeper.Encrypt(ctx, secret)
	if err != nil {
		return err
	}
	return same(keeper.Decrypt(ctx, sealed))
}

func useTink(ctx context.Context, key string) error {
	aead, err := tink.NewAEADWithContext(ctx, key)
	if err != nil {
		return err
	}
	sealed, err := aead.EncryptWithContext(ctx, secret, []byte("associated"))
	if err != nil {
		return err
	}
	if _, err := aead.DecryptWithContext(ctx, sealed, []byte("other")); err == nil {
		return errors.New("other associated data were accepted")
	}
	return same(aead.DecryptWithContext(ctx, sealed, []byte("associated")))
}

// cosign and what else uses sigstore's library.
func useCosign(ctx context.Context, key string) error {
	signer, err := cosign.LoadSignerVerifier(ctx, key)
	if err != nil {
		return err
	}
	signature, err := signer.SignMessage(bytes.NewReader(secret))
	if err != nil {
		return err
	}
	return signer.VerifySignature(bytes.NewReader(signature), bytes.NewReader(secret))
}

// step-ca: an existing key signs.
func useStep(ctx context.Context, key string) error {
	manager, err := step.New(ctx, apiv1.Options{URI: "awskms:region=" + os.Getenv("AWS_REGION")})
	if err != nil {
		return err
	}
	signer, err := manager.CreateSigner(&apiv1.CreateSignerRequest{SigningKey: "awskms:key-id=" + key})
	if err != nil {
		return err
	}
	return signAndVerify(signer)
}

// step-kms-plugin: it makes the key.
func useStepCreate(ctx context.Context, _ string) error {
	manager, err := step.New(ctx, apiv1.Options{URI: "awskms:region=" + os.Getenv("AWS_REGION")})
	if err != nil {
		return err
	}
	made, err := manager.CreateKey(&apiv1.CreateKeyRequest{Name: "root", SignatureAlgorithm: apiv1.ECDSAWithSHA256})
	if err != nil {
		return err
	}
	signer, err := manager.CreateSigner(&made.CreateSignerRequest)
	if err != nil {
		return err
	}
	return signAndVerify(signer)
}

func signAndVerify(signer crypto.Signer) error {
	digest := sha256.Sum256(secret)
	signature, err := signer.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		return err
	}
	public, ok := signer.Public().(*ecdsa.PublicKey)
	if !ok || !ecdsa.VerifyASN1(public, digest[:], signature) {
		return errors.New("the signature does not verify")
	}
	return nil
}

var programs = map[string]func(context.Context, string) error{
	"seal":        useSeal,
	"gocdk":       useGoCdk,
	"tink":        useTink,
	"cosign":      useCosign,
	"step":        useStep,
	"step-create": useStepCreate,
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	use, ok := programs[os.Args[1]]
	if !ok {
		fmt.Fprintln(os.Stderr, "unknown program")
		os.Exit(2)
	}
	if err := use(ctx, os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
