import java.util.Map;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kms.KmsClient;
import software.amazon.awssdk.services.kms.model.InvalidCiphertextException;

/** Creates a key, gives it an alias, encrypts a text and decrypts it again. */
public class FirstKey {
  public static void main(String[] arguments) {
    // The client takes endpoint, region and credentials from the environment that `holdfast env` sets.
    try (KmsClient kms = KmsClient.create()) {
      // 1. Create a key. From here on, the alias stands for the key id.
      String keyId = kms.createKey(request -> request.description("my first key")).keyMetadata().keyId();
      kms.createAlias(request -> request.aliasName("alias/first").targetKeyId(keyId));

      // 2. Encrypt. The encryption context is not secret; Decrypt needs the same context again.
      Map<String, String> context = Map.of("purpose", "tutorial");
      SdkBytes ciphertext = kms.encrypt(request -> request
          .keyId("alias/first")
          .plaintext(SdkBytes.fromUtf8String("my secret"))
          .encryptionContext(context)).ciphertextBlob();

      // 3. Decrypt. The ciphertext names its key, so Decrypt needs no key id.
      SdkBytes plaintext = kms.decrypt(request -> request
          .ciphertextBlob(ciphertext)
          .encryptionContext(context)).plaintext();
      System.out.println("decrypted: " + plaintext.asUtf8String());

      // 4. Without the context, Decrypt fails.
      try {
        kms.decrypt(request -> request.ciphertextBlob(ciphertext));
      } catch (InvalidCiphertextException error) {
        System.out.println("without the context: " + error.awsErrorDetails().errorCode());
      }
    }
  }
}
