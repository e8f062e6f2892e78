// Creates a key, gives it an alias, encrypts a text and decrypts it again.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/smithy-go"
)

func main() {
	if err := firstKey(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func firstKey(ctx context.Context) error {
	// The client takes endpoint, region and credentials from the environment that `holdfast env` sets.
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	client := kms.NewFromConfig(cfg)

	// 1. Create a key. From here on, the alias stands for the key id.
	key, err := client.CreateKey(ctx, &kms.CreateKeyInput{Description: aws.String("my first key")})
	if err != nil {
		return err
	}
	_, err = client.CreateAlias(ctx, &kms.CreateAliasInput{
		AliasName:   aws.String("alias/first"),
		TargetKeyId: key.KeyMetadata.KeyId,
	})
	if err != nil {
		return err
	}

	// 2. Encrypt. The encryption context is not secret; Decrypt needs the same context again.
	encryptionContext := map[string]string{"purpose": "tutorial"}
	encrypted, err := client.Encrypt(ctx, &kms.EncryptInput{
		KeyId:             aws.String("alias/first"),
		Plaintext:         []byte("my secret"),
		EncryptionContext: encryptionContext,
	})
	if err != nil {
		return err
	}

	// 3. Decrypt. The ciphertext names its key, so Decrypt needs no key id.
	decrypted, err := client.Decrypt(ctx, &kms.DecryptInput{
		CiphertextBlob:    encrypted.CiphertextBlob,
		EncryptionContext: encryptionContext,
	})
	if err != nil {
		return err
	}
	fmt.Println("decrypted:", string(decrypted.Plaintext))

	// 4. Without the context, Decrypt fails.
	_, err = client.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: encrypted.CiphertextBlob})
	var refused smithy.APIError
	if !errors.As(err, &refused) {
		return fmt.Errorf("Decrypt without the context: %v", err)
	}
	fmt.Println("without the context:", refused.ErrorCode())
	return nil
}
